"""What a run leaves behind ends with it: it meets no other run, neither of its own task nor of another."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from django_simple_queue.engine.leftovers import Leftovers
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task, create_tasks
from tests.engine import leaving
from tests.engine.fleet import Fleet, Ledger, enqueue, is_alive, stopped, wait_for_status
from tests.engine.libraries import library
from tests.support.waiting import wait_until


def leave(kind: str, ledger: Ledger, then: str = "return", go: str = "/", **options: Any) -> UUID:
    args = {"kind": kind, "ledger": ledger.path, "then": then, "go": go}
    return create_task(leaving.PATH + "leave", args, **options)


@pytest.mark.parametrize("kind", leaving.KINDS)
def test_it_does_not_meet_the_next_attempt(fleet: Fleet, ledger: Ledger, kind: str) -> None:
    task = leave(kind, ledger, "fail", max_attempts=3, backoff=[0])
    fleet.ready("--concurrency", "2")
    assert wait_for_status(task, Task.FAILED).attempt == 3
    assert not ledger.words("overlaps")
    assert len(ledger.words("alone")) >= 3
    left = [int(pid) for (pid,) in ledger.words("left")]
    assert not any(map(is_alive, left))


@pytest.mark.parametrize("kind", leaving.KINDS)
def test_it_does_not_meet_another_task(fleet: Fleet, ledger: Ledger, kind: str) -> None:
    boot = fleet.ready("--concurrency", "1")
    first = wait_for_status(leave(kind, ledger), Task.COMPLETED)
    other = wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert first.worker_pid != other.worker_pid
    wait_until(lambda: not any(is_alive(int(pid)) for (pid,) in ledger.words("left")), 10, "it has ended")
    boot.says(f"tests.engine.leaving.leave has left something behind, {leaving.NAMES.get(kind, 'process ')}")


def test_a_failure_is_not_written_before_its_end(fleet: Fleet, ledger: Ledger, tmp_path: Path) -> None:
    """It is the guard that ends it, and that stands still."""
    go = tmp_path / "go"
    boot = fleet.ready("--concurrency", "2")
    task = leave("child", ledger, "fail", str(go), max_attempts=2, backoff=[600])
    wait_for_status(task, Task.PROGRESS)
    with stopped(boot.guard):
        go.touch()
        boot.says("has left something behind, process ")
        wait_for_status(enqueue("noop"), Task.COMPLETED)
        assert Task.objects.get(pk=task).status == Task.PROGRESS
    wait_for_status(task, Task.QUEUED)
    assert not is_alive(int(ledger.words("left")[0][0]))


@pytest.mark.parametrize(("then", "heard"), [("return", "on_success"), ("fail", "on_failure")])
def test_receivers_hear_of_it(fleet: Fleet, ledger: Ledger, tmp_path: Path, then: str, heard: str) -> None:
    receivers = Ledger(tmp_path / "heard")
    env = {"DJANGO_SETTINGS_MODULE": "tests.engine.with_receivers", "RECEIVERS_LEDGER": receivers.path}
    task = leave("child", ledger, then)
    fleet.burst("--concurrency", "1", env=env)
    assert [heard, str(task)] in [words[:2] for words in receivers.words("heard")]


def test_a_worker_that_stops_waits_for_its_end(fleet: Fleet, ledger: Ledger, tmp_path: Path) -> None:
    go = tmp_path / "go"
    task = leave("child", ledger, "fail", str(go), max_attempts=2)
    boot = fleet.ready("--concurrency", "1")
    wait_for_status(task, Task.PROGRESS)
    boot.send(signal.SIGTERM)
    boot.says("stopping:")
    go.touch()
    assert boot.wait(15) == 0
    assert Task.objects.get(pk=task).status == Task.QUEUED
    assert not is_alive(int(ledger.words("left")[0][0]))


@pytest.mark.parametrize("name", ["leave_nothing", "leave_servants", "leave_multiprocessing"])
def test_what_goes_on_no_more_costs_no_child(fleet: Fleet, name: str) -> None:
    boot = fleet.ready("--concurrency", "1")
    tasks = [wait_for_status(create_task(leaving.PATH + name, {}), Task.COMPLETED) for _ in range(2)]
    assert {task.output for task in tasks} == {str(tasks[0].worker_pid)}
    assert "has left" not in boot.lines


def test_the_thread_of_a_library_costs_no_child(fleet: Fleet, tmp_path: Path) -> None:
    home = library(tmp_path, "error_tracker")
    create_tasks({"task": leaving.PATH + "leave_tracker", "args": {}} for _ in range(50))
    fleet.burst("--concurrency", "1", env={"PYTHONPATH": f"{home}:."})
    assert Task.objects.filter(status=Task.COMPLETED).count() == 50
    assert Task.objects.values("output").distinct().count() == 1


def test_timers_and_signal_handlers_are_not_for_the_next_run(fleet: Fleet) -> None:
    fleet.ready("--concurrency", "1")
    before, left, after = (
        wait_for_status(create_task(leaving.PATH + name, {}), Task.COMPLETED).output or ""
        for name in ("timers_and_handlers", "leave_alarm_and_handlers", "timers_and_handlers")
    )
    assert json.loads(before)[0] == int(left)
    assert json.loads(after) == json.loads(before)


def test_a_forked_copy_that_returns_leaves() -> None:
    here = Leftovers()
    copy = os.fork()
    if copy == 0:
        here.leave_if_copied()
        os._exit(1)
    assert os.waitpid(copy, 0)[1] == 0
    here.leave_if_copied()
