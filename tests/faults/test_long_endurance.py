"""One worker for a hundred thousand tasks: its memory stays flat, and the last tenth is as quick as the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import close_old_connections, connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet
from tests.faults import soak
from tests.support.waiting import wait_until

COUNT = 100_000
TENTH = COUNT // 10
GROWTH_MB = {"postgresql": 8, "sqlite": 8 + 64}  # SQLite's page cache fills up
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def megabytes(boot: Boot) -> float:
    """What the parent holds of its own: not the pages of SQLite's file that are mapped into it."""
    lines = Path(f"/proc/{boot.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


def completed() -> int:
    close_old_connections()
    return Task.objects.filter(status=Task.COMPLETED).count()


def moment(number: int):
    """When the task with this number in the order of endings ended."""
    return Task.objects.order_by("finished").values_list("finished", flat=True)[number]


@pytest.mark.parametrize("recycle", [500, 5_000])
def test_a_hundred_thousand_tasks(fleet: Fleet, recycle: int) -> None:
    create_tasks((TASKS + "noop", {}) for _ in range(COUNT))
    boot = fleet.start("--concurrency", "2", "-v", "0", max_tasks_per_child=recycle)
    memory = []
    for tenth in range(1, 10):
        wait_until(lambda tenth=tenth: completed() >= tenth * TENTH, 300, f"{tenth} tenths are done")
        memory.append(megabytes(boot))
    wait_until(lambda: completed() == COUNT, 300, "all are done")
    first = (moment(TENTH) - moment(0)).total_seconds()
    last = (moment(COUNT - 1) - moment(COUNT - 1 - TENTH)).total_seconds()
    soak.note(
        what=f"{COUNT:,} tasks, a child for {recycle:,}",
        tasks_a_second=round(COUNT / (moment(COUNT - 1) - moment(0)).total_seconds()),
        last_tenth_to_first=round(first / last, 2),
        memory_mb=f"{memory[0]:.0f} to {memory[-1]:.0f}",
    )
    assert memory[-1] - memory[0] < GROWTH_MB[connection.vendor]
    assert Task.objects.filter(status=Task.COMPLETED, epoch=1).count() == COUNT
