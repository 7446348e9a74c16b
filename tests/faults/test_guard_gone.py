"""The guard is killed, cannot be forked, or stands still: what runs is ended or goes on, and another guard comes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.utils import create_task
from tests.engine.fleet import (
    Fleet,
    Ledger,
    children_of,
    enqueue,
    is_alive,
    out_of_files,
    stopped,
    wait_for_heartbeats,
    wait_for_status,
)
from tests.faults.harm import PATH, family
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)


def test_a_killed_guard_is_replaced(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = create_task(PATH + "stubborn_family", {"ledger": ledger.path})
    guard, pids = boot.guard, family(ledger)
    os.kill(guard, signal.SIGKILL)
    row = wait_for_status(task, Task.FAILED)
    assert not any(map(is_alive, pids))
    assert row.error == "The worker's guard process was gone, so the task was ended."
    assert Attempt.objects.get(task=task).outcome == "interrupted"
    after = wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert boot.guard != guard
    assert after.worker_pid in boot.children
    boot.says(f"the guard (PID {guard}) is gone")


def test_a_guard_that_cannot_be_forked_anew_is_forked_later(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = enqueue("sleep", {"ledger": ledger.path})
    ledger.wait_for("start")
    with out_of_files(boot.pid):
        os.kill(boot.guard, signal.SIGKILL)
        boot.says("no guard can be forked, trying again")
    assert wait_for_status(task, Task.FAILED).error == "The worker's guard process was gone, so the task was ended."
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert "Traceback" not in boot.lines


def tracked(leaves: bool) -> dict[str, str]:
    """The environment of a project that logs to an error tracker."""
    handler = {"class": "tests.faults.tracker.Tracker", "leaves": leaves}
    loggers = {"django_simple_queue.worker": {"handlers": ["tracker"], "propagate": False}}
    logging = {"version": 1, "handlers": {"tracker": handler}, "loggers": loggers}
    return {"TEST_SETTINGS": json.dumps({"LOGGING": logging})}


def test_a_thread_that_an_error_has_started_is_waited_for(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1", env=tracked(leaves=True))
    os.kill(boot.guard, signal.SIGKILL)
    boot.says("no guard can be forked, trying again: The project started threads")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert boot.process.poll() is None


def test_a_worker_whose_guard_is_lost_leaves_for_a_thread_that_stays(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", env=tracked(leaves=False))
    task = enqueue("sleep", {"ledger": ledger.path})
    ledger.wait_for("start")
    os.kill(boot.guard, signal.SIGKILL)
    wait_for_status(task, Task.FAILED)
    waiting = enqueue("noop")
    assert boot.wait() == 1
    assert "Leaving without a guard, for a fresh worker to take over. The project started threads" in boot.lines
    assert "'tracker'" in boot.lines and "Traceback" not in boot.lines
    assert Task.objects.get(pk=waiting).status == Task.QUEUED
    assert boot.row.state == Worker.State.STOPPED


def test_what_a_lost_guard_leaves_behind_is_collected_once_it_has_ended(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = create_task(PATH + "daemonised", {"ledger": ledger.path})
    helper = int(ledger.wait_for("start")[0][0])
    os.kill(boot.guard, signal.SIGKILL)
    wait_for_status(task, Task.FAILED)
    assert helper in children_of(boot.pid)
    os.kill(helper, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{helper}").exists(), 20, "the worker collects it")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert boot.children


THREAD_IN_A_BACKOFF = """
from threading import Event, Thread
from django.conf import settings
from django.core.management import call_command
def start_thread(attempt):
    Thread(target=Event().wait, name="metrics", daemon=True).start()
    return 600
settings.DJANGO_SIMPLE_QUEUE_BACKOFF = start_thread
call_command("task_worker", "--concurrency", "1")
"""


def test_a_worker_that_an_error_ends_stores_what_has_ended_and_gives_up_its_lease(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.here(THREAD_IN_A_BACKOFF, lease_seconds=60)
    retried = enqueue("fail", max_attempts=2)
    wait_until(lambda: Attempt.objects.filter(task=retried).exists(), 20, "the wait before its second try is known")
    task = enqueue("sleep", {"ledger": ledger.path})
    ledger.wait_for("start")
    row = boot.row
    os.kill(boot.guard, signal.SIGKILL)
    assert boot.wait() == 1
    assert "The project started threads" in boot.lines
    assert Task.objects.get(pk=task).error == "The worker's guard process was gone, so the task was ended."
    row.refresh_from_db()
    assert row.state == Worker.State.STOPPED


IMPATIENT_WITH_GUARDS = """
from django.core.management import call_command
from django_simple_queue.engine import guardlink
guardlink.LEAVE_SECONDS = 0.5
call_command("task_worker", "--concurrency", "1")
"""


def test_a_worker_that_leaves_with_a_guard_that_stands_still_leaves_nothing_behind(
    fleet: Fleet, ledger: Ledger
) -> None:
    boot = fleet.here(IMPATIENT_WITH_GUARDS, lease_seconds=60)
    create_task(PATH + "stubborn_family", {"ledger": ledger.path})
    pids = [*family(ledger), boot.guard]
    os.kill(boot.guard, signal.SIGSTOP)
    boot.send(signal.SIGTERM)
    boot.says("tasks have 25 s to finish")
    boot.send(signal.SIGTERM)
    boot.wait()
    assert not any(map(is_alive, pids))


def test_a_guard_killed_with_many_waiting_loses_none(fleet: Fleet, ledger: Ledger) -> None:
    tasks = [enqueue("recorded", {"ledger": ledger.path, "name": n, "seconds": 0.01}) for n in range(200)]
    boot = fleet.ready("--concurrency", "2")
    for share in (20, 60, 120):
        ledger.wait_for("end", share)
        os.kill(wait_until(lambda: children_of(boot.pid), 10, "there is a guard")[0], signal.SIGKILL)
    wait_until(lambda: not Task.objects.filter(status__in=(Task.QUEUED, Task.PROGRESS)).exists(), 60, "all have ended")
    ended = Task.objects.filter(pk__in=tasks)
    interrupted = set(Attempt.objects.filter(outcome="interrupted").values_list("task", flat=True))
    assert set(ended.filter(status=Task.FAILED).values_list("pk", flat=True)) == interrupted
    assert len(interrupted) <= 3 * 2
    assert set(ledger.count("start").values()) == {1}


def test_a_guard_that_does_not_answer_is_replaced(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = enqueue("sleep", {"ledger": ledger.path, "seconds": 600})
    ledger.wait_for("start")
    os.kill(boot.guard, signal.SIGSTOP)
    Task.objects.filter(pk=task).cancel()
    wait_for_status(task, Task.CANCELLED, 30)
    boot.says("the guard does not answer")
    wait_for_status(enqueue("noop"), Task.COMPLETED)


def test_a_guard_that_stands_still_lets_nothing_new_run_and_is_replaced(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    guard = boot.guard
    os.kill(guard, signal.SIGSTOP)
    wait_until(lambda: not is_alive(guard), 30, "the worker ends it")
    boot.says("the guard does not answer, so it is ended")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert boot.guard != guard


def test_a_run_that_ends_before_a_slow_guard_can_end_it_costs_the_other_runs_nothing(
    fleet: Fleet, ledger: Ledger, tmp_path: Path
) -> None:
    boot = fleet.ready("--concurrency", "2")
    other = enqueue("sleep", {"ledger": ledger.path, "seconds": 600})
    ledger.wait_for("start")
    go = tmp_path / "go"
    task = enqueue("wait_for", {"path": str(go)})
    wait_for_status(task, Task.PROGRESS)
    guard, children = boot.guard, set(boot.children)
    with stopped(guard):
        Task.objects.filter(pk=task).cancel()
        wait_for_heartbeats(boot)
        go.touch()
        wait_for_status(task, Task.CANCELLED, 30)
    wait_until(lambda: children - set(boot.children), 30, "the child that was to be ended leaves")
    assert boot.guard == guard
    assert Task.objects.get(pk=other).status == Task.PROGRESS
    wait_for_status(enqueue("noop"), Task.COMPLETED)
