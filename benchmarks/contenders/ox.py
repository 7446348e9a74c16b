"""django-ox: one ``ox_worker`` for each task process."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction
from django.tasks import task
from django_ox.models import OxTask


@task
def noop() -> None:
    return None


@task
def nap() -> None:
    time.sleep(0.1)


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    pace = ["--interval", "0.02"] if eager else []
    return [["ox_worker", "-v", "0", *pace] for _ in range(processes)]


def enqueue(name: str, count: int) -> None:
    call = {"noop": noop, "nap": nap}[name]
    with transaction.atomic():
        for _ in range(count):
            call.enqueue()


def unfinished() -> bool:
    return OxTask.objects.filter(status__in=("READY", "RUNNING")).exists()


def runners() -> int:
    """How many processes have run something."""
    return len({ids[0] for ids in OxTask.objects.filter(status="SUCCESSFUL").values_list("worker_ids", flat=True)})


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, started, finished of the newest ``count`` tasks; all of them must have completed."""
    newest = OxTask.objects.filter(status="SUCCESSFUL").order_by("-enqueued_at")
    return list(newest.values_list("enqueued_at", "started_at", "finished_at")[:count])


def forget() -> None:
    OxTask.objects.all().delete()
