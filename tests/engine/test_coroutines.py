"""Asynchronous tasks: their database, their generators; and what no run hands on to the next one."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation

from django_simple_queue import signals
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from django_simple_queue.worker import execute_task
from tests.engine.coroutines import spoken
from tests.engine.fleet import Fleet, Ledger

COROUTINES = "tests.engine.coroutines."
GENERATORS = pytest.mark.parametrize("name", ["yield_one", "yield_one_async"])


def enqueue(name: str, args: dict[str, Any] | None = None, **options: Any) -> UUID:
    return create_task(COROUTINES + name, args or {}, **options)


def one_after_the_other(fleet: Fleet, *names: str) -> list[Task]:
    """These tasks, after one child has run them."""
    tasks = [enqueue(name) for name in names]
    boot = fleet.burst("--concurrency", "1")
    assert "locked" not in boot.lines
    return [Task.objects.get(pk=task) for task in tasks]


def here(name: str, args: dict[str, Any] | None = None) -> Task:
    execute_task(task := enqueue(name, args))
    return Task.objects.get(pk=task)


def test_a_run_closes_the_connection_of_asynchronous_orm(fleet: Fleet) -> None:
    counted, connected = one_after_the_other(fleet, "count_rows", "is_connected")
    assert (counted.output, connected.output) == ("2", "false")


@pytest.mark.postgres
def test_a_connection_that_broke_is_none_of_the_next_run_s(fleet: Fleet) -> None:
    lost, counted = one_after_the_other(fleet, "lose_the_connection", "count_rows")
    assert (lost.status, counted.status) == (Task.COMPLETED, Task.COMPLETED), counted.error


def test_a_transaction_that_a_coroutine_leaves_open_is_rolled_back_and_its_child_replaced(fleet: Fleet) -> None:
    left, counted = one_after_the_other(fleet, "leave_transaction_open", "count_rows")
    assert (left.status, counted.status, counted.created_by) == (Task.COMPLETED, Task.COMPLETED, "")
    assert left.worker_pid != counted.worker_pid


@pytest.mark.django_db
def test_here_a_coroutine_sees_what_the_caller_has_not_committed() -> None:
    assert here("count_rows").output == "1"


@pytest.mark.django_db
def test_here_a_coroutine_may_report_within_a_transaction() -> None:
    row = here("report_and_look")
    assert (row.status, row.output, row.progress) == (Task.COMPLETED, "not seen", 25)


@pytest.mark.django_db(transaction=True)
def test_here_what_a_coroutine_reports_is_seen_at_once() -> None:
    assert here("report_and_look").output == "seen"


def test_an_asynchronous_generator_is_one_asyncio_task(fleet: Fleet) -> None:
    (elsewhere,) = one_after_the_other(fleet, "stay_the_same")
    assert (elsewhere.output, elsewhere.error) == ("True kept True kept ", None)
    assert here("stay_the_same").output == elsewhere.output


@GENERATORS
def test_a_time_limit_while_a_value_is_handed_over_is_the_generator_s(fleet: Fleet, ledger: Ledger, name: str) -> None:
    task = enqueue(name, {"ledger": ledger.path, "kind": "slow"}, timeout=2)
    fleet.burst("--concurrency", "1", soft_timeout=1)
    row = Task.objects.get(pk=task)
    assert (row.status, row.error_class) == (Task.FAILED, "django_simple_queue.outcomes.TaskTimeout")
    assert ledger.lines == [["told", "TaskTimeout"], ["cleaned"]]


@GENERATORS
@pytest.mark.django_db
def test_what_a_value_raises_is_raised_in_the_generator(ledger: Ledger, name: str) -> None:
    row = here(name, {"ledger": ledger.path, "kind": "leaving"})
    assert (row.status, row.error_class) == (Task.FAILED, "builtins.SystemExit")
    assert ledger.lines == [["told", "SystemExit"], ["cleaned"]]


@pytest.mark.django_db
def test_a_generator_may_go_on_after_a_value_that_cannot_be_told(ledger: Ledger) -> None:
    row = here("go_on_after", {"ledger": ledger.path})
    assert (row.status, row.output) == (Task.COMPLETED, "all the same")


def test_the_frames_of_a_failure_begin_in_the_coroutine(fleet: Fleet) -> None:
    (elsewhere,) = one_after_the_other(fleet, "fail")
    for row in (elsewhere, here("fail")):
        assert [frame["function"] for frame in json.loads(row.frames or "")] == ["fail"]


def test_how_a_coroutine_ends_is_nothing_to_the_next_one(fleet: Fleet) -> None:
    names = ("leave", "count_rows", "stop_the_loop", "count_rows", "break_off", "stay_the_same")
    rows = one_after_the_other(fleet, *names)
    assert [row.status for row in rows] == [Task.FAILED, Task.COMPLETED, Task.FAILED, *[Task.COMPLETED] * 3]
    assert len({row.worker_pid for row in rows if row.status == Task.COMPLETED}) == 1


def test_what_a_run_activates_ends_with_it(fleet: Fleet) -> None:
    names = ("speak", "speak", "speak_async", "speak_async")
    assert {row.output for row in one_after_the_other(fleet, *names)} == {spoken()}


@pytest.mark.parametrize("name", ["speak", "speak_async"])
@pytest.mark.django_db
def test_what_a_receiver_activates_holds_for_the_run_alone(name: str) -> None:
    def activate(**details: Any) -> None:
        translation.activate("de")

    signals.before_job.connect(activate)
    before = spoken()
    assert here(name).output.startswith("de ")
    assert spoken() == before


def test_a_generator_may_wait_no_longer_for_what_takes_its_value(fleet: Fleet) -> None:
    (row,) = one_after_the_other(fleet, "wait_no_longer")
    assert (row.status, row.output) == (Task.COMPLETED, "late but heard")


def test_a_cache_keeps_its_client_from_one_run_to_the_next(fleet: Fleet) -> None:
    assert [row.output for row in one_after_the_other(fleet, *["kept_by_a_cache"] * 2)] == ["new", "the same"]
