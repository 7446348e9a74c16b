"""One worker for a hundred thousand tasks: its memory stays flat, and the last tenth is as quick as the first.

The one duration that a test asserts, which is why it is no part of `make test`: the rate of the last tenth is at most
10 % below that of the first. Whatever else the machine does can only make a moment slower, so the quickest fifths are
compared; and a worker that is slow with age stays so: a tenth that was too slow is followed by others, up to ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet
from tests.faults import soak
from tests.support.waiting import wait_until

COUNT = 100_000
TENTH = COUNT // 10
CHANCES = 10
GROWTH_MB = {"postgresql": 8, "sqlite": 8 + 8}  # SQLite's page cache fills up
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def megabytes(boot: Boot) -> float:
    """What the parent holds of its own: not the pages of SQLite's file that are mapped into it."""
    lines = Path(f"/proc/{boot.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


def enqueue(count: int) -> list[UUID]:
    """Their ids, in the order in which one worker takes them."""
    return create_tasks((TASKS + "noop", {}) for _ in range(count))


def wait_for(task: UUID) -> None:
    """One row is looked at: to count takes the longer the more have ended, and that from the worker's processors."""
    wait_until(Task.objects.filter(pk=task, status=Task.COMPLETED).exists, 300, f"{task} is done")


def wait_for_all(count: int) -> None:
    wait_until(lambda: Task.objects.filter(status=Task.COMPLETED).count() == count, 30, f"all {count} are done")


def endings(tenth: int) -> list[datetime]:
    first = tenth * TENTH
    return list(Task.objects.order_by("finished").values_list("finished", flat=True)[first : first + TENTH])


def seconds_of(moments: list[datetime]) -> float:
    return (moments[-1] - moments[0]).total_seconds()


def quickest_fifth(tenth: int) -> float:
    marks = endings(tenth)[:: TENTH // 5]
    return min(map(seconds_of, map(list, pairwise(marks))))


def later_tenths() -> Iterator[float]:
    """The seconds of the quickest fifth of the last tenth, then of new ones."""
    yield quickest_fifth(9)
    for tenth in range(10, 10 + CHANCES):
        wait_for(enqueue(TENTH)[-1])
        wait_for_all((tenth + 1) * TENTH)
        yield quickest_fifth(tenth)


@pytest.mark.parametrize("recycle", [500, 5_000])
def test_a_hundred_thousand_tasks(fleet: Fleet, recycle: int) -> None:
    tasks = enqueue(COUNT)
    boot = fleet.start("--concurrency", "2", "-v", "0", max_tasks_per_child=recycle)
    memory = []
    for task in tasks[TENTH - 1 :: TENTH]:
        wait_for(task)
        memory.append(megabytes(boot))
    wait_for_all(COUNT)
    first, last = endings(0), endings(9)
    soak.note(
        what=f"{COUNT:,} tasks, a child for {recycle:,}",
        tasks_a_second=round(COUNT / seconds_of(first + last)),
        last_tenth_to_first=round(seconds_of(first) / seconds_of(last), 2),
        memory_mb=f"{memory[0]:.0f} to {memory[-1]:.0f}",
    )
    assert memory[-1] - memory[0] < GROWTH_MB[connection.vendor]
    assert Task.objects.filter(status=Task.COMPLETED, epoch=1).count() == COUNT
    most = quickest_fifth(0) / 0.9
    assert any(seconds <= most for seconds in later_tenths())
