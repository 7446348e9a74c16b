"""The guard: whatever becomes of the parent, nothing of a worker runs on past its lease, or its limit."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from django_simple_queue.models import Attempt, Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import Fleet, Ledger, enqueue, is_alive, lease_is_over, stopped, wait_for_status
from tests.faults.harm import PATH, family
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
LEASE_SECONDS = 6


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


def test_time_limits_hold_while_the_parent_stands_still(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = create_task(PATH + "stubborn_family", {"ledger": ledger.path}, timeout=3)
    pids = family(ledger)
    with stopped(boot.pid):
        wait_until(lambda: not any(map(is_alive, pids)), 10, "the child is ended")
    assert wait_for_status(task, Task.FAILED).error == "Task timed out after 3 seconds"
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
        with suppress(FileNotFoundError):  # closed since it was listed
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
