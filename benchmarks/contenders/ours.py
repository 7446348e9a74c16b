"""django-simple-queue: one ``task_worker`` with as many children as there are task processes."""

from __future__ import annotations

import time
from datetime import datetime

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks

HERE = "benchmarks.contenders.ours"


def noop() -> None:
    return None


def nap() -> None:
    time.sleep(0.1)


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    return [["task_worker", "--concurrency", str(processes), "-v", "0"]]


def enqueue(name: str, count: int) -> None:
    create_tasks((f"{HERE}.{name}", {}) for _ in range(count))


def unfinished() -> bool:
    return Task.objects.filter(status__in=(Task.QUEUED, Task.PROGRESS)).exists()


def runners() -> int:
    """How many processes have run something."""
    return Task.objects.filter(status=Task.COMPLETED).values("worker_pid").distinct().count()


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, started, finished of the newest ``count`` tasks; all of them must have completed."""
    newest = Task.objects.filter(status=Task.COMPLETED).order_by("-created", "-id")
    return list(newest.values_list("created", "started", "finished")[:count])


def forget() -> None:
    Task.objects.all().delete()
