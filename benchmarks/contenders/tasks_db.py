"""django-tasks-db: one ``db_worker`` for each task process, as its documentation has it."""

from __future__ import annotations

import time
from datetime import datetime
from importlib.util import find_spec

from django.db import transaction
from django_tasks_db.models import DBTaskResult

if find_spec("django.tasks"):
    from django.tasks import task
else:
    from django_tasks import task

BATCH = 1000


@task
def noop() -> None:
    return None


@task
def nap() -> None:
    time.sleep(0.1)


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    """``eager`` workers look again at once when the queue was empty, instead of once a second."""
    pace = ["--interval", "0.02"] if eager else []
    return [["db_worker", "-v", "0", "--no-startup-delay", *pace] for _ in range(processes)]


def enqueue(name: str, count: int) -> None:
    call = {"noop": noop, "nap": nap}[name]
    with transaction.atomic():
        for _ in range(count):
            call.enqueue()


def unfinished() -> bool:
    return DBTaskResult.objects.filter(status__in=("READY", "RUNNING")).exists()


def runners() -> int:
    """How many processes have run something."""
    return len(
        {ids[0] for ids in DBTaskResult.objects.filter(status="SUCCESSFUL").values_list("worker_ids", flat=True)}
    )


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, started, finished of the newest ``count`` tasks; all of them must have completed."""
    newest = DBTaskResult.objects.filter(status="SUCCESSFUL").order_by("-enqueued_at")
    return list(newest.values_list("enqueued_at", "started_at", "finished_at")[:count])


def forget() -> None:
    DBTaskResult.objects.all().delete()
