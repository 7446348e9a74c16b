"""Whatever a task prints and returns, its worker's parent stays small, and what is stored is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import Fleet, Ledger, enqueue, wait_for_status
from tests.faults.harm import PATH
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
MIB = 1024 * 1024
GROWTH = 16 * MIB
# SQLite writes the row of a run anew as a whole when that ends: it holds the result three times for a moment.
PEAK = {"postgresql": GROWTH, "sqlite": 64 * MIB}


def memory(pid: int, kind: str) -> int:
    """VmHWM: the most that a process has held at once; RssAnon: what it holds of its own, without mapped files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(kind + ":")[2].split()[0]) * 1024


def test_a_gibibyte_of_prints_and_results_of_64_mebibytes(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    own, peak = memory(boot.pid, "RssAnon"), memory(boot.pid, "VmHWM")
    printed = create_task(PATH + "flood", {"ledger": ledger.path, "megabytes": 1024, "grandchild": False})
    returned = [create_task(PATH + "give_back", {"megabytes": 64}) for _ in range(3)]
    log = wait_for_status(printed, Task.COMPLETED).log or ""
    outputs = [wait_for_status(task, Task.COMPLETED).output or "" for task in returned]
    assert memory(boot.pid, "VmHWM") - peak <= PEAK[connection.vendor]
    wait_until(lambda: memory(boot.pid, "RssAnon") - own <= GROWTH, 10, "the worker has given back what it needed")
    assert len(log.encode()) <= MIB
    assert all(len(output.encode()) <= 10 * MIB for output in outputs)
    assert all("bytes dropped" in text for text in (log, *outputs))
