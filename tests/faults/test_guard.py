"""The guard: whatever becomes of the parent, nothing of a worker runs on past its lease, or its limit."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.db import close_old_connections
from django.db.models.functions import Now

from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.utils import create_task
from tests.engine.fleet import (
    Boot,
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
from tests.faults.harm import PATH
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
LEASE_SECONDS = 6


def lease_is_over(boot: Boot) -> bool:
    close_old_connections()
    return Worker.objects.filter(pid=boot.pid, lease_until__lte=Now()).exists()


def family(ledger: Ledger) -> list[int]:
    """The processes of the first task: its own and its helper's."""
    return [int(pid) for pid in ledger.wait_for("start")[0][:2]]


def test_a_stopped_parent_and_a_child_in_c_code(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)
    task = create_task(PATH + "in_c_code", {"ledger": ledger.path})
    pids = family(ledger)
    with stopped(boot.pid):
        wait_until(lambda: not any(map(is_alive, pids)) or lease_is_over(boot), 30, "the child and its helper are dead")
        assert not lease_is_over(boot)
        assert not any(map(is_alive, pids))
    wait_for_status(task, Task.FAILED)
    assert "could not renew its lease" in (Task.objects.get(pk=task).error or "")


def test_a_killed_parent_leaves_nothing(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "2")
    for _ in range(2):
        create_task(PATH + "stubborn_family", {"ledger": ledger.path})
    lines = ledger.wait_for("start", 2)
    pids = [boot.guard, *boot.children, *(int(pid) for line in lines for pid in line[:2])]
    boot.kill()
    wait_until(lambda: not any(map(is_alive, pids)), 5, "guard, children and helpers are gone")


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
    wait_until(lambda: boot.children, 10, "the child is there")
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


def test_time_limits_hold_while_the_parent_stands_still(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = create_task(PATH + "stubborn_family", {"ledger": ledger.path}, timeout=1)
    pids = family(ledger)
    with stopped(boot.pid):
        wait_until(lambda: not any(map(is_alive, pids)), 10, "the child is ended")
    assert wait_for_status(task, Task.FAILED).error == "Task timed out after 1 seconds"
    assert Attempt.objects.get(task=task).outcome == "timed_out"


@pytest.mark.parametrize("grandchild", [False, True])
def test_a_flood_of_output_while_the_parent_stands_still(fleet: Fleet, ledger: Ledger, grandchild: bool) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = create_task(PATH + "flood", {"ledger": ledger.path, "megabytes": 1024, "grandchild": grandchild})
    ((child,),) = ledger.wait_for("start")
    sizes = [0]

    def is_flooded() -> bool:
        sizes.append(memory_files(int(child)))
        return bool(ledger.words("flooded"))

    with stopped(boot.pid):
        wait_until(is_flooded, 60, "a gigabyte is written")
    assert max(sizes) <= 64 * 1024 * 1024
    row = wait_for_status(task, Task.COMPLETED)
    assert len((row.log or "").encode()) <= 1024 * 1024
    assert "bytes dropped" in (row.log or "")


def memory_files(pid: int) -> int:
    """The bytes that the files in memory of a process take."""
    files = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if "memfd:" in os.readlink(entry):
            status = os.stat(entry)
            files[status.st_ino] = status.st_blocks * 512
    return sum(files.values())


def test_signals_to_the_whole_process_tree_let_tasks_finish(fleet: Fleet, ledger: Ledger) -> None:
    """As systemd sends them by default, and a terminal at Ctrl-C."""
    boot = fleet.ready("--concurrency", "1")
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 1})
    ledger.wait_for("start")
    for pid in (*boot.children, boot.guard, boot.pid):
        os.kill(pid, signal.SIGTERM)
    assert boot.wait(15) == 0
    assert Task.objects.get(pk=task).status == Task.COMPLETED


def test_the_worker_row_knows_the_memory_of_all_processes(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    create_task(PATH + "hold", {"megabytes": 200, "ledger": ledger.path, "seconds": 60})
    wait_until(lambda: (boot.row.rss or 0) > 200 * 1024 * 1024, 20, "the child's memory is counted")
