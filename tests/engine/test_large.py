"""A large output goes from the child to its row; the parent never holds it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from django_simple_queue.engine import large, store
from django_simple_queue.engine.store import Glimpse
from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, run
from tests.engine.locking import locked_elsewhere
from tests.engine.storing import completed, live_worker, row, running, write

HUGE = "é" * (large.LARGE + 1)


@pytest.mark.parametrize(
    ("name", "args", "length"),
    [
        ("big_output", {"size": large.LARGE}, large.LARGE),
        ("big_output", {"size": large.LARGE * 4}, large.LARGE * 4),
        ("many_yields", {"count": 100, "size": 10_000}, 1_000_000),
    ],
)
def test_large_outputs_are_stored_whole(fleet: Fleet, name: str, args: dict[str, int], length: int) -> None:
    task = run(fleet, name, args)
    assert (task.status, len(task.output or "")) == (Task.COMPLETED, length)
    assert task.worker_pid


@pytest.mark.django_db(transaction=True)
def test_a_large_output_is_written_at_once_and_survives_what_follows() -> None:
    worker = live_worker()
    ours = running(worker)
    assert large.to_report(HUGE, str(ours.id), ours.epoch) is None
    assert row(ours).status == Task.PROGRESS
    assert store.show(worker.pk, [Glimpse(ours.id, ours.epoch, "head and tail")]) == 0
    write(worker, completed(ours, output=None))
    assert (row(ours).status, row(ours).output) == (Task.COMPLETED, HUGE)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_not_ours_any_more_writes_nothing() -> None:
    worker = live_worker()
    ours = running(worker)
    write(worker, completed(ours, output="the end"))
    assert large.to_report(HUGE, str(ours.id), ours.epoch) is None
    again = running(worker)
    assert large.to_report(HUGE, str(again.id), again.epoch - 1) is None
    assert (row(ours).output, row(again).output) == ("the end", None)


@pytest.mark.django_db(transaction=True)
def test_what_a_task_left_open_is_not_used() -> None:
    ours = running(live_worker())
    with transaction.atomic():
        assert large.to_report(HUGE, str(ours.id), ours.epoch) == HUGE
    assert large.to_report("small", str(ours.id), ours.epoch) == "small"
    assert row(ours).output is None


@pytest.mark.locks_rows
@pytest.mark.django_db(transaction=True)
def test_a_locked_row_is_not_waited_for() -> None:
    ours = running(live_worker())
    with locked_elsewhere(ours.id):
        assert large.to_report(HUGE, str(ours.id), ours.epoch) == HUGE
    assert row(ours).output is None
    assert large.to_report(HUGE, str(ours.id), ours.epoch) is None


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_costs_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task need not have used it, so that it is asked for a connection here at first."""
    ours = running(live_worker())
    with monkeypatch.context() as away:
        connection.close()
        for name, value in (("NAME", "/nowhere/at.all"), ("PORT", "1")):
            away.setitem(connection.settings_dict, name, value)
        assert large.to_report(HUGE, str(ours.id), ours.epoch) == HUGE
    connection.close()
    assert row(ours).output is None


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_slow_with_very_much_is_not_taken_for_silent(settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_LEASE_SECONDS = 1
    ours = running(live_worker())
    assert large.to_report(HUGE * 16, str(ours.id), ours.epoch) is None
    assert row(ours).output == HUGE * 16


@pytest.mark.timeout(120)
def test_a_million_small_pieces_past_the_limit_take_no_longer_than_their_number(fleet: Fleet) -> None:
    limit = 3_000_000
    task = run(fleet, "count_to", {"end": 1_000_000}, max_output_size=limit)
    output = task.output or ""
    assert (task.status, len(output)) == (Task.COMPLETED, limit)
    assert output.startswith("0 1 2 ") and output.endswith(" 999998 999999 ")
