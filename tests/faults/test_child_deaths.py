"""Children that die or grow in every way there is: the task says why, the worker goes on, nothing stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_simple_queue.models import Attempt, Task
from django_simple_queue.utils import create_task, create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet, Ledger, enqueue, is_alive, open_files, out_of_files, wait_for_status
from tests.faults.chaos import all_ended
from tests.faults.harm import PATH
from tests.support.missing import cannot_run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(240)

DEATHS = {
    "abort": "Worker subprocess exited with code -6 (killed by SIGABRT)",
    "memory_error": "MemoryError()",
    "exceed_address_space": "MemoryError()",
    "fail_unpicklable": "Unpicklable('holds an open file')",
}


def test_each_death_in_words(fleet: Fleet) -> None:
    tasks = {name: create_task(PATH + name, {}) for name in DEATHS}
    after = enqueue("noop")
    boot = fleet.burst("--concurrency", "1")
    for name, cause in DEATHS.items():
        row = Task.objects.get(pk=tasks[name])
        assert (row.status, (row.error or "")[: len(cause)]) == (Task.FAILED, cause), name
    assert Task.objects.get(pk=after).status == Task.COMPLETED
    assert "Traceback" not in boot.lines


def test_a_child_that_has_grown_is_replaced(fleet: Fleet) -> None:
    tasks = [create_task(PATH + "hold", {"megabytes": 200}), *(enqueue("pid") for _ in range(3))]
    fleet.burst("--concurrency", "1", max_child_memory_mb=150)
    first, *others = (Task.objects.get(pk=task) for task in tasks)
    assert {row.status for row in (first, *others)} == {Task.COMPLETED}
    assert {row.attempt for row in others} == {1}
    assert first.output not in {row.output for row in others}
    assert len({row.output for row in others}) == 1


def test_a_child_that_has_grown_is_replaced_before_the_next_task_comes(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1", max_child_memory_mb=150)
    child = wait_for_status(create_task(PATH + "hold", {"megabytes": 200}), Task.COMPLETED).worker_pid
    wait_until(lambda: boot.children and child not in boot.children, 10, "another child has taken its place")


def test_a_run_that_grows_far_beyond_the_limit_is_ended(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", max_child_memory_mb=100)
    task = create_task(PATH + "hold", {"megabytes": 400, "ledger": ledger.path, "seconds": 600})
    row = wait_for_status(task, Task.FAILED)
    assert row.error == (
        "The task's process had more than twice the 100 MB of DJANGO_SIMPLE_QUEUE_MAX_CHILD_MEMORY_MB and was ended."
    )
    assert Attempt.objects.get(task=task).outcome == "crashed"
    ((child,),) = ledger.words("start")
    assert not is_alive(int(child))
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert boot.process.poll() is None


def test_a_child_whose_files_cannot_be_opened_is_replaced_later(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1")
    (child,) = wait_until(lambda: boot.children, 10, "the child is there")
    with out_of_files(boot.pid):
        os.kill(child, signal.SIGKILL)
        boot.says("this process may not open the files of child")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert "Traceback" not in boot.lines


@pytest.fixture
def small_cgroup() -> Iterator[Path]:
    """The file that takes the processes of a control group with 120 MiB of memory."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(root, f"simple-queue-test-{os.getpid()}")
        try:
            group.mkdir()
            (group / limit).write_text(str(120 * 1024 * 1024))
        except OSError:
            group.rmdir() if group.is_dir() else None
            continue
        yield group / "cgroup.procs"
        wait_until(lambda group=group: not (group / "cgroup.procs").read_text(), 10, "the group is empty")
        group.rmdir()
        return
    cannot_run("no control group can be made here: run as root with cgroups")


def test_the_kernel_ends_a_child_for_its_memory(fleet: Fleet, small_cgroup: Path) -> None:
    task = create_task(PATH + "join_cgroup_and_grow", {"procs": str(small_cgroup), "megabytes": 400})
    fleet.burst("--concurrency", "1")
    row = Task.objects.get(pk=task)
    assert row.error == "Worker subprocess exited with code -9 (killed by SIGKILL; out of memory?)"


def zombies(boot: Boot) -> list[str]:
    """The dead that nobody has collected below this worker."""
    found, family = [], {boot.pid}
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) in family:
            family.add(int(stat.parent.name))
            found += [name] if state == "Z" else []
    return found


def descriptors(boot: Boot) -> list[int]:
    """How many files parent and guard have open, once both know of eight children; empty until then."""
    opened = [open_files(pid) for pid in (boot.pid, boot.guard)]
    settled = all(sum("simple-queue-log" in name for name in names) == 8 for names in opened)
    return [len(names) for names in opened] if settled else []


def die_in_many_ways(fleet: Fleet, ledger: Ledger, each: int) -> None:
    """``each`` times out of time, out by itself, out with a helper that ignores SIGTERM; twice as many quick ones."""
    boot = fleet.ready("--concurrency", "8")
    before = wait_until(lambda: descriptors(boot), 30, "all children are there")
    helper = {"ledger": ledger.path, "then": "leave"}
    create_tasks({"task": TASKS + "sleep", "args": {}, "timeout": 1} for _ in range(each))
    create_tasks({"task": TASKS + "leave", "args": {}} for _ in range(each))
    create_tasks({"task": PATH + "stubborn_family", "args": helper} for _ in range(each))
    create_tasks({"task": TASKS + "noop", "args": {}} for _ in range(2 * each))
    wait_until(all_ended, 200, "every task has ended")
    assert Task.objects.filter(error="Task timed out after 1 seconds").count() == each
    assert Task.objects.filter(error="Worker subprocess exited with code 3").count() == each
    assert Task.objects.filter(error="Worker subprocess exited with code 4").count() == each
    assert Task.objects.filter(status=Task.COMPLETED).count() == 2 * each
    started = [int(pid) for line in ledger.words("start") for pid in line[:2]]
    wait_until(lambda: not any(map(is_alive, started)), 5, "no helper is left")
    wait_until(lambda: descriptors(boot) == before, 20, f"as many files are open as before: {before}")
    wait_until(lambda: not zombies(boot), 5, "all the dead are collected")


@pytest.mark.slow
def test_nothing_is_left_of_many_deaths(fleet: Fleet, ledger: Ledger) -> None:
    die_in_many_ways(fleet, ledger, 16)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_nothing_is_left_of_a_thousand_deaths(fleet: Fleet, ledger: Ledger) -> None:
    die_in_many_ways(fleet, ledger, 200)
