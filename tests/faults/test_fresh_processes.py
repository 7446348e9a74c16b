"""A process for every task: nothing of the database is shared, no more run at once than allowed, memory stays small."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import close_old_connections

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet, Ledger, enqueue, open_files
from tests.faults.chaos import all_ended
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)
STREAM = "0001"
MEGABYTE = 1024 * 1024


def streams() -> set[str]:
    """Sockets that are no packet sockets, as files name them: those of databases among them."""
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    tcp = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = [words[6] for words in unix if words[4] == STREAM] + [words[9] for words in tcp]
    return {f"socket:[{inode}]" for inode in inodes}


def database_files(pid: int) -> set[str]:
    found = streams()
    return {name for name in open_files(pid) if name in found or ".sqlite3" in name}


def shared_with_the_database(boot: Boot) -> set[str]:
    below = {name for pid in (boot.guard, *boot.children) for name in open_files(pid)}
    return database_files(boot.pid) & below


def test_no_process_shares_a_connection_of_the_parent(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "2", max_tasks_per_child=1)
    create_tasks((TASKS + "noop", {}) for _ in range(100))
    seen: set[str] = set()

    def ended() -> bool:
        close_old_connections()
        seen.update(database_files(boot.pid))
        assert not shared_with_the_database(boot)
        return all_ended()

    wait_until(ended, 90, "all have ended")
    assert seen, "the parent was never seen with its connection"
    assert Task.objects.filter(status=Task.COMPLETED).count() == 100


def test_spare_children_do_not_run_tasks_before_their_time(fleet: Fleet, ledger: Ledger) -> None:
    for number in range(12):
        enqueue("recorded", {"ledger": ledger.path, "name": str(number), "seconds": 0.2})
    fleet.burst("--concurrency", "2", max_tasks_per_child=1)
    running, most = 0, 0
    for what, *_ in ledger.lines:
        running += 1 if what == "start" else -1
        most = max(most, running)
    assert most == 2
    assert len({pid for _, pid in ledger.words("start")}) == 12


def own_memory(pid: int) -> int:
    """The bytes that a process shares with no other."""
    fields = dict(line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return (int(fields["Private_Clean:"]) + int(fields["Private_Dirty:"])) * 1024


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_of_parent_guard_and_children(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "2")
    create_tasks((TASKS + "noop", {}) for _ in range(300))
    wait_until(all_ended, 60, "all have ended")
    assert resident(boot.pid) <= 80 * MEGABYTE
    assert {pid: own_memory(pid) for pid in (boot.guard, *boot.children) if own_memory(pid) > 12 * MEGABYTE} == {}
    wait_until(lambda: boot.row.rss, 20, "the row tells the memory")
    assert resident(boot.pid) // 2 <= boot.row.rss <= 4 * resident(boot.pid)
