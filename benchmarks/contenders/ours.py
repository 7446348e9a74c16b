"""django-simple-queue: one ``task_worker`` with as many children as there are task processes.

Only tasks of this run count: a table filled for the trial has older ones.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task, create_tasks

HERE = "benchmarks.contenders.ours"
BEGAN = timezone.now()


def noop() -> None:
    return None


def nap() -> None:
    time.sleep(0.1)


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    return [["task_worker", "--concurrency", str(processes), "-v", "0"]]


def enqueue(name: str, count: int) -> None:
    if count == 1:
        create_task(f"{HERE}.{name}", {})
    else:
        create_tasks((f"{HERE}.{name}", {}) for _ in range(count))


def of_this_run(*statuses: int) -> QuerySet[Task]:
    return Task.objects.filter(status__in=statuses, created__gte=BEGAN)


def unfinished() -> bool:
    return of_this_run(Task.QUEUED).exists() or of_this_run(Task.PROGRESS).exists()


def runners() -> int:
    """How many processes have run something."""
    return of_this_run(Task.COMPLETED).values("worker_pid").distinct().count()


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, started, finished of the newest ``count`` tasks; all of them must have completed."""
    newest = of_this_run(Task.COMPLETED).order_by("-created", "-id")
    return list(newest.values_list("created", "started", "finished")[:count])


def forget() -> None:
    of_this_run(Task.COMPLETED).delete()
