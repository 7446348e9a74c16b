"""What ``create_task`` and ``create_tasks`` cost beside a bare ORM insert and ``bulk_create`` of the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from benchmarks import places

SINGLES, MANY, ROUNDS = 500, 5_000, 7
PATH, ARGS, TEXT = "benchmarks.contenders.ours.noop", {"order_id": 7}, '{"order_id": 7}'
PAIRS = (("create_task", "insert"), ("create_tasks", "bulk_create"))


def measure(kinds: list[str]) -> None:
    print("| enqueue | | microseconds a task, median | bare ORM | ratio |\n|---|---|---|---|---|")
    with places.databases(kinds) as urls:
        for kind, url in urls.items():
            times = places.inside("benchmarks.enqueueing", url)
            for ours, bare in PAIRS:
                mine, theirs = median(times[ours]), median(times[bare])
                print(f"| {kind} | {ours} | {mine:.0f} | {theirs:.0f} | {mine / theirs:.2f} |", flush=True)


def inside() -> dict[str, list[float]]:
    """Microseconds a task by what made it, interleaved, in a transaction each."""
    from django.db import transaction

    from django_simple_queue.models import Task

    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, (count, work) in works().items():
            with transaction.atomic():
                times.setdefault(name, []).append(microseconds(work) / count)
                Task.objects.all().delete()
    return times


def works() -> dict[str, tuple[int, Callable[[], object]]]:
    from django_simple_queue.models import Task
    from django_simple_queue.utils import create_task, create_tasks

    rows = Task.objects
    return {
        "insert": (SINGLES, lambda: [Task(task=PATH, args=TEXT).save(force_insert=True) for _ in range(SINGLES)]),
        "create_task": (SINGLES, lambda: [create_task(PATH, ARGS) for _ in range(SINGLES)]),
        "bulk_create": (MANY, lambda: rows.bulk_create([Task(task=PATH, args=TEXT) for _ in range(MANY)], 1000)),
        "create_tasks": (MANY, lambda: create_tasks((PATH, ARGS) for _ in range(MANY))),
    }


def microseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e6
