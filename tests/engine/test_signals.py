"""Receivers of the queue's signals, in the children of a real worker."""

from __future__ import annotations

from typing import Any

import pytest

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import TASKS, Fleet, Ledger, enqueue, wait_for_status
from tests.engine.storing import let_lease_end, live_worker, running

HEARING = "tests.engine.hearing."
"""Not to be imported here: a receiver connects then."""


def worker(fleet: Fleet, ledger: Ledger, *arguments: str, **settings: Any) -> str:
    env = {"DJANGO_SETTINGS_MODULE": "tests.engine.with_receivers", "RECEIVERS_LEDGER": ledger.path}
    boot = fleet.start("--burst", "--concurrency", "1", *arguments, env=env, **settings)
    assert boot.wait() == 0, boot.lines
    return boot.lines


def heard(ledger: Ledger) -> list[str]:
    return [" ".join(words) for words in ledger.words("heard")]


def test_success(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("noop")
    worker(fleet, ledger)
    assert heard(ledger) == [f"before_job {task} 1", f"on_success {task} 2 ok"]


def test_failure(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("fail")
    worker(fleet, ledger)
    assert heard(ledger) == [f"before_job {task} 1", f"on_failure {task} 3 ValueError('no such order')"]


@pytest.mark.parametrize("name", ["count_to", "count_slowly"])
def test_generators(fleet: Fleet, ledger: Ledger, name: str) -> None:
    task = enqueue(name, {"end": 2})
    worker(fleet, ledger)
    assert heard(ledger) == [
        f"before_job {task} 1",
        *(f"before_loop {task} 0", f"after_loop {task} 0 '0 '"),
        *(f"before_loop {task} 1", f"after_loop {task} 1 '1 '"),
        f"on_success {task} 2 0 1",
    ]


def test_a_receiver_of_what_a_coroutine_hands_over_may_use_the_database(fleet: Fleet, ledger: Ledger) -> None:
    create_task(HEARING + "count_slowly", {})
    fleet.burst("--concurrency", "1", env={"RECEIVERS_LEDGER": ledger.path})
    assert ledger.words("handed") == [["0", "1"], ["1", "1"]]


def test_another_child_tells_of_a_crash(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("kill_self")
    worker(fleet, ledger)
    assert heard(ledger)[-1] == f"on_failure {task} 3 None"


@pytest.mark.parametrize("name", ["leave_a_thread", "die"])
def test_another_child_knows_the_receivers_of_a_module_of_tasks(fleet: Fleet, ledger: Ledger, name: str) -> None:
    task = create_task(HEARING + name, {})
    fleet.burst("--concurrency", "1", env={"RECEIVERS_LEDGER": ledger.path})
    assert heard(ledger) == [f"{task} None"]


def test_nothing_is_imported_that_may_not_run(fleet: Fleet, ledger: Ledger) -> None:
    """What a lost worker has left was allowed once."""
    worker = live_worker()
    task = running(worker, task=HEARING + "die")
    let_lease_end(worker)
    fleet.ready("--concurrency", "1", env={"RECEIVERS_LEDGER": ledger.path}, allowed_tasks=[TASKS + "noop"])
    wait_for_status(task.id, Task.FAILED)
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert heard(ledger) == []


def test_no_ending_is_told_while_attempts_remain(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("fail", max_attempts=2)
    worker(fleet, ledger)
    assert heard(ledger) == [f"before_job {task} 1"]


def test_a_receiver_that_raises_changes_nothing(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("noop", created_by="raise")
    lines = worker(fleet, ledger)
    assert Task.objects.get(pk=task).status == Task.COMPLETED
    assert heard(ledger)[-1] == f"on_success {task} 2 ok"
    assert "receiver on purpose" in (Task.objects.get(pk=task).log or "") + lines


def test_what_a_receiver_saves_spares_the_engine(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("noop", created_by="save")
    worker(fleet, ledger)
    row = Task.objects.get(pk=task)
    assert (row.status, row.output, row.created_by) == (Task.COMPLETED, "ok", "saved")


def test_a_receiver_that_hangs_is_ended(fleet: Fleet, ledger: Ledger) -> None:
    hanging = enqueue("noop", created_by="hang", timeout=1)
    after = enqueue("noop")
    worker(fleet, ledger)
    assert Task.objects.get(pk=hanging).error == "Task timed out after 1 seconds"
    assert Task.objects.get(pk=after).status == Task.COMPLETED


def test_a_thread_that_a_coroutine_leaves_busy_holds_up_no_other_task(fleet: Fleet, ledger: Ledger) -> None:
    tasks = [create_task(f"tests.engine.coroutines.{name}", {}) for name in ("leave_the_thread_busy", "count_rows")]
    lines = worker(fleet, ledger)
    assert [Task.objects.get(pk=task).status for task in tasks] == [Task.COMPLETED, Task.COMPLETED]
    assert ledger.count("heard")["on_success"] == 2, lines
    assert "was ended" not in lines and "receivers" not in lines
