"""`execute_task`: one task here and now, in this process."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from django_simple_queue import signals
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.worker import ManagedEventLoop, TaskHeldError, execute_task
from tests.engine.fleet import Fleet, Ledger, enqueue
from tests.engine.storing import live_worker, running
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "output"),
    [("noop", "ok"), ("count_to", "0 1 2 "), ("wait_a_little", "awaited"), ("use_current_loop", "by hand")],
)
def test_runs_a_queued_task(name: str, output: str) -> None:
    task = enqueue(name)
    execute_task(task)
    row = Task.objects.get(pk=task)
    assert (row.status, row.output, row.attempt, row.worker_pid) == (Task.COMPLETED, output, 1, os.getpid())
    assert not Worker.objects.exists()


def test_stores_a_failure() -> None:
    task = enqueue("count_then_fail")
    execute_task(str(task))
    row = Task.objects.get(pk=task)
    assert (row.status, row.output) == (Task.FAILED, "0 1 2 ")
    assert row.error and row.error.startswith("RuntimeError('out of numbers')\n\nTraceback")
    attempt = Attempt.objects.get(task=row)
    assert (attempt.outcome, attempt.started, attempt.finished) == ("failed", row.started, row.finished)


def test_takes_what_no_live_worker_holds() -> None:
    task = Task.objects.create(task="tests.tasks.noop", args="{}", status=Task.PROGRESS, worker_pid=1)
    execute_task(task.pk)
    task.refresh_from_db()
    assert task.status == Task.COMPLETED


def test_refuses_what_a_live_worker_holds() -> None:
    claimed = running(live_worker())
    with pytest.raises(TaskHeldError, match=f"Task {claimed.id} is held by live worker"):
        execute_task(claimed.id)
    assert Task.objects.get(pk=claimed.id).status == Task.PROGRESS


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled_instead_of_begun_again() -> None:
    lost = running(live_worker())
    Task.objects.filter(pk=lost.id).cancel()
    with pytest.raises(TaskHeldError):
        execute_task(lost.id)
    Worker.objects.update(lease_until=Now() - timedelta(seconds=1))
    execute_task(lost.id)
    assert Task.objects.values_list("status", "epoch").get(pk=lost.id) == (Task.CANCELLED, lost.epoch)


@pytest.mark.parametrize("status", [Task.COMPLETED, Task.FAILED, Task.CANCELLED])
def test_leaves_what_has_ended_alone(status: int) -> None:
    task = Task.objects.create(task="tests.tasks.noop", status=status)
    execute_task(task.pk)
    assert Task.objects.get(pk=task.pk).modified == task.modified


def test_unknown_task() -> None:
    with pytest.raises(Task.DoesNotExist):
        execute_task(uuid4())


def test_not_allowed(settings: Any, tmp_path: Path) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"tests.tasks.noop"}
    task = Task.objects.create(task="os.system", args=f'{{"command": "touch {tmp_path / "marker"}"}}')
    execute_task(task.pk)
    task.refresh_from_db()
    assert task.status == Task.FAILED
    assert not (tmp_path / "marker").exists()


def test_log_descriptor_is_written_and_closed(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    execute_task(enqueue("chatty", {"lines": 1}), log_fd=descriptor)
    log = (tmp_path / "log").read_text()
    assert log.startswith("printed 0\nto stderr 0\n")
    with pytest.raises(OSError):
        os.close(descriptor)


def test_signals_come_when_the_ending_is_durable() -> None:
    heard: list[tuple[str, int]] = []

    def hear(task: Task, signal: Any, **details: Any) -> None:
        heard.append((names[signal], Task.objects.get(pk=task.pk).status))

    names = {signals.before_job: "before_job", signals.on_success: "on_success", signals.on_failure: "on_failure"}
    for signal in names:
        signal.connect(hear)
    execute_task(enqueue("noop"))
    execute_task(enqueue("fail"))
    assert heard == [
        *(("before_job", Task.PROGRESS), ("on_success", Task.COMPLETED)),
        *(("before_job", Task.PROGRESS), ("on_failure", Task.FAILED)),
    ]


def test_managed_event_loop() -> None:
    with ManagedEventLoop() as loop:
        assert asyncio.get_event_loop() is loop
    assert loop.is_closed()


def test_managed_event_loop_inside_a_running_one() -> None:
    async def inside() -> bool:
        with ManagedEventLoop() as loop:
            own = loop is asyncio.get_running_loop()
        return own and not loop.is_closed()

    assert asyncio.run(inside())


def test_workers_respect_the_lease_of_a_run_elsewhere(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("recorded", {"ledger": ledger.path, "name": "here", "seconds": 5})
    elsewhere = fleet.here(f"from django_simple_queue.worker import execute_task; execute_task('{task}')", 3)
    ledger.wait_for("start")
    fleet.ready(lease_seconds=3)
    assert elsewhere.wait(20) == 0, elsewhere.lines
    assert Task.objects.get(pk=task).status == Task.COMPLETED
    assert ledger.count("start") == {"here": 1}


def test_a_run_elsewhere_that_dies_is_settled(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("recorded", {"ledger": ledger.path, "name": "here", "seconds": 60})
    elsewhere = fleet.here(f"from django_simple_queue.worker import execute_task; execute_task('{task}')", 3)
    ledger.wait_for("start")
    elsewhere.kill()
    fleet.ready(lease_seconds=3)
    wait_until(lambda: Task.objects.get(pk=task).status == Task.FAILED, 20, "the task is settled")
