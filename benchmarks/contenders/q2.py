"""django-q2 on its ORM broker: one ``qcluster`` with as many workers as there are task processes."""

from __future__ import annotations

import os
import time
from datetime import datetime

from django.db import transaction
from django_q.models import OrmQ, Success
from django_q.tasks import async_task

HERE = "benchmarks.contenders.q2"


def noop() -> None:
    return None


def nap() -> int:
    time.sleep(0.1)
    return os.getpid()


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    return [["qcluster"]]


def enqueue(name: str, count: int) -> None:
    with transaction.atomic():
        for _ in range(count):
            async_task(f"{HERE}.{name}")


def unfinished() -> bool:
    return OrmQ.objects.exists()


def runners() -> int:
    """How many processes have run something."""
    return len({row.result for row in Success.objects.all()})


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, and twice finished: when a task started is not kept."""
    newest = Success.objects.order_by("-started").values_list("started", "stopped")
    return [(enqueued, stopped, stopped) for enqueued, stopped in newest[:count]]


def forget() -> None:
    Success.objects.all().delete()
