"""procrastinate: one ``procrastinate worker`` for each task process, through its Django connector."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker


@app.task
def noop() -> None:
    return None


@app.task
def nap() -> None:
    time.sleep(0.1)


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    pace = ["--fetch-job-polling-interval", "0.02"] if eager else []
    return [["procrastinate", "worker", "--concurrency", "1", *pace] for _ in range(processes)]


def enqueue(name: str, count: int) -> None:
    with transaction.atomic():
        {"noop": noop, "nap": nap}[name].batch_defer(*({} for _ in range(count)))


def unfinished() -> bool:
    return ProcrastinateJob.objects.filter(status__in=("todo", "doing")).exists()


def runners() -> int:
    """How many workers are up."""
    return ProcrastinateWorker.objects.count()


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, started, finished of the newest ``count`` tasks; all of them must have completed."""
    moments: dict[int, dict[str, datetime]] = {}
    for job, kind, at in ProcrastinateEvent.objects.order_by("id").values_list("job_id", "type", "at"):
        moments.setdefault(job, {})[kind] = at
    done = [each for each in moments.values() if "succeeded" in each]
    return [(each["deferred"], each["started"], each["succeeded"]) for each in done[-count:]]


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
