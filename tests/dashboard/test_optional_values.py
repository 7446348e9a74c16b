"""What may be left out, or null: the form begins so that it can be sent, and every stored value can be edited."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Literal, TypedDict

import pytest

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.dashboard.enqueueing import inputs, post, text

pytestmark = pytest.mark.django_db
PACK = f"{__name__}.pack"


class Extras(TypedDict, total=False):
    note: str
    pieces: int
    by: date


class Carrier(Enum):
    DHL = "dhl"
    NONE = None


@dataclass
class Label:
    size: str = "A6"
    lines: list[str] = field(default_factory=lambda: ["Fragile"])


def pack(
    extras: Extras = {},  # noqa: B006
    label: Label | None = None,
    speed: Literal["slow", "fast", None] = "slow",
    carrier: Carrier = Carrier.DHL,
) -> None:
    """Has parameters that may be null, or lack parts."""


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PACK: {}}


def test_the_form_as_it_begins_can_be_sent(clerk):
    html = text(clerk.get(f"/enqueue/?task={PACK}"))
    form = inputs(html) | chosen(html)
    assert "left empty" not in form.values()
    assert not [name for name in form if name.endswith(".json")]
    assert post(clerk, f"task={PACK}", **form).status_code == 302
    assert json.loads(Task.objects.get().args) == {}


@pytest.mark.parametrize(
    "args",
    [
        {"speed": None, "carrier": None},
        {"speed": "fast"},
        {"extras": {"pieces": 3}},
        {"label": {"lines": []}},
    ],
)
@pytest.mark.parametrize("mode", ["form", "json"])
def test_every_stored_value_can_be_edited(clerk, args, mode):
    task_id = create_task(PACK, args)
    form = text(clerk.get(f"/enqueue/?from={task_id}&mode={mode}"))
    fields = inputs(form) | chosen(form)
    assert post(clerk, f"from={task_id}", **fields).status_code == 302
    assert json.loads(Task.objects.get(parent=task_id).args) == args


def chosen(html):
    """What is chosen in the lists and ticked, as a browser would send it."""
    found = {}
    for part in html.split("<select")[1:]:
        name, body = part.partition('name="')[2].partition('"')[0], part.partition("</select>")[0]
        selected = body.partition(" selected>")[0].rpartition('value="')[2].partition('" ')[0]
        if name.startswith("a."):
            found[name] = selected.removesuffix('"') if " selected>" in body else ""
    ticked = (each.partition('"')[0] for each in html.split('type="checkbox" name="')[1:] if "checked" in each[:60])
    return found | dict.fromkeys(ticked, "1")
