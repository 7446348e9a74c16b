"""What a signature says besides its types: the default of a secret is told nobody, a stored value may not fit it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pytest

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.dashboard.enqueueing import inputs, post, text
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task

pytestmark = pytest.mark.django_db
PLANTED = "sk_live_planted"
PAY, REMIND, SIGN, RENEW = (f"{__name__}.{name}" for name in ("pay", "remind", "sign", "renew"))
PAGES = (f"/enqueue/?task={PAY}", f"/enqueue/?task={PAY}&mode=json", f"/tasks/named/{PAY}/")


@dataclass
class Gateway:
    host: str = "pay.example.com"
    token: str = PLANTED


def pay(
    order: int,
    api_key: str = PLANTED,
    headers: dict[str, Any] = {"authorization": PLANTED},  # noqa: B006
    gateway: Gateway = Gateway(),  # noqa: B008
    token: str = "",
) -> None:
    """Has defaults that nobody need see."""


def remind(day: date = date(2026, 1, 1), at: time = time(9), when: datetime = datetime(2026, 1, 1)) -> None:
    """Has defaults that are times."""


def renew(key_token: str | None = PLANTED, hosts: list[dict[str, str]] = [{"password": PLANTED}]) -> None:  # noqa: B006
    """Has defaults that nobody need see, and values that are none."""


def sign(order: int, *tokens: str) -> None:
    """Has as many secrets as one likes."""


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PAY: {}, REMIND: {}, SIGN: {}, RENEW: {}}


@pytest.mark.parametrize("page", PAGES)
def test_the_default_of_a_secret_is_told_nobody(client, page):
    signed_in(client, operator("eva", "view_task", "add_task"))
    html = text(client.get(page))
    assert PLANTED not in html
    assert "[redacted]" in html


def test_a_secret_that_is_left_empty_has_its_default(clerk):
    for fields in (inputs(text(clerk.get(PAGES[0]))), {"args": inputs(text(clerk.get(PAGES[1])))["args"]}):
        assert post(clerk, f"task={PAY}", **fields | {"a.order": "7"}).status_code == 302
    made = Task.objects.order_by("created").values_list("args", flat=True)
    assert list(map(json.loads, made)) == [{"order": 7}, {"order": 0, "token": ""}]


@pytest.mark.parametrize("args", [{"key_token": None}, {"key_token": ""}, {"hosts": []}, {}])
def test_a_stored_nothing_is_not_taken_for_a_default_that_nobody_is_told(clerk, args):
    task_id = create_task(RENEW, args)
    html = text(clerk.get(f"/enqueue/?from={task_id}"))
    assert "not set" not in html
    assert post(clerk, f"from={task_id}", **inputs(html)).status_code == 302
    assert json.loads(Task.objects.get(parent=task_id).args) == args


@pytest.mark.parametrize("name", ["day", "at", "when"])
def test_a_stored_time_that_is_none_can_be_edited(clerk, name):
    task_id = create_task(REMIND, {name: "tomorrow"})
    form = inputs(text(clerk.get(f"/enqueue/?from={task_id}")))
    assert form[f"a.{name}.json"] == '"tomorrow"'
    wrong = post(clerk, f"from={task_id}", **form)
    assert wrong.status_code == 422
    assert 'It is "tomorrow"' in text(wrong)


@pytest.mark.parametrize("path", [PAY, SIGN])
def test_an_argument_by_position_is_masked_by_the_name_of_its_parameter(ada, path):
    positional = json.dumps([4711, "hunter2hunter2", "hunter3hunter3"])
    task = a_task(Task.COMPLETED, task=path, args="{}", positional=positional)
    for address in (f"/tasks/{task.pk}/", f"/tasks/{task.pk}/text/args/"):
        shown = ada.get(address).content.decode()
        assert "4711" in shown
        assert "hunter2hunter2" not in shown
        assert ("hunter3hunter3" in shown) == (path == PAY)
