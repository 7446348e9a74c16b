"""Whatever a task prints and returns, its worker's parent stays small, and what is stored is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import Fleet, Ledger, enqueue, wait_for_status
from tests.faults.harm import PATH

pytestmark = pytest.mark.timeout(120)
MIB = 1024 * 1024
GROWTH = {"postgresql": 16, "sqlite": 96}  # SQLite writes a row anew as a whole, through the page cache of the parent


def peak(pid: int) -> int:
    """The most memory that a process has held at once, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_a_gibibyte_of_prints_and_a_result_of_64_mebibytes(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    before = peak(boot.pid)
    printed = create_task(PATH + "flood", {"ledger": ledger.path, "megabytes": 1024, "grandchild": False})
    returned = create_task(PATH + "give_back", {"megabytes": 64})
    log = wait_for_status(printed, Task.COMPLETED).log or ""
    output = wait_for_status(returned, Task.COMPLETED).output or ""
    assert peak(boot.pid) - before <= GROWTH[connection.vendor] * MIB
    assert len(log.encode()) <= MIB
    assert len(output.encode()) <= 10 * MIB
    assert "bytes dropped" in log
    assert "bytes dropped" in output
