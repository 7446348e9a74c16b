"""Whatever a task returns, raises, prints or is given, it ends, and what is stored is text for every database."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import Fleet
from tests.faults.values import VALUES

HERE = "tests.faults.values."
RAISING = ("raise_wild", "raise_group", "raise_ring")
TEXTS = ("output", "error", "log", "error_class", "frames")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)


def stored_badly(row: Task) -> list[str]:
    texts = {name: getattr(row, name) or "" for name in TEXTS}
    return [name for name, text in texts.items() if "\x00" in text or text.encode("utf-8", "replace") != text.encode()]


def test_every_value_is_stored_or_explained(fleet: Fleet) -> None:
    given_back = [(HERE + "give", {"name": name}) for name in VALUES]
    raised = [(HERE + "raise_with", {"name": name}) for name in VALUES] + [(HERE + name, {}) for name in RAISING]
    create_tasks([*given_back, *raised])
    fleet.burst("--concurrency", "2", seconds=90)
    statuses = dict.fromkeys([HERE + "give"], Task.COMPLETED)
    for row in Task.objects.all():
        assert row.status == statuses.get(row.task, Task.FAILED), f"{row.task} {row.args}: {row.error}"
        assert stored_badly(row) == [], f"{row.task} {row.args}"
        assert row.output or row.error


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(texts=st.lists(ANY_TEXT, min_size=60, max_size=80))
def test_any_text_goes_in_and_comes_out(fleet: Fleet, texts: list[str]) -> None:
    ids = create_tasks((HERE + "say", {"text": text}) for text in texts)
    fleet.burst("--concurrency", "2", seconds=60)
    rows = Task.objects.in_bulk(ids)
    assert {row.status for row in rows.values()} == {Task.COMPLETED}
    assert not [row.args for row in rows.values() if stored_badly(row)]
    plain = [(pk, text) for pk, text in zip(ids, texts, strict=True) if text.isprintable()]
    assert [rows[pk].output for pk, _ in plain] == [text for _, text in plain]
