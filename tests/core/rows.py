"""Rows in every state, for the tests of the core."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from django_simple_queue.engine import store
from django_simple_queue.failure import Failure
from django_simple_queue.models import Task, Worker
from django_simple_queue.models.task import TaskQuerySet

PATH = "shop.tasks.send_invoice"
BROKEN = Failure("ValueError('no such order')\n\nTraceback ...", "builtins.ValueError")
LABELS = {0: "QUEUED", 1: "PROGRESS", 2: "COMPLETED", 3: "FAILED", 4: "CANCELLED"}


def a_worker(seconds: int = 60, **columns: Any) -> Worker:
    """A worker whose lease ends in so many seconds."""
    known = {"host": "web-1", "pid": 4711, "lease_until": Now() + timedelta(seconds=seconds)}
    return Worker.objects.create(**known | columns)


def lose_lease(worker: UUID | None) -> None:
    Worker.objects.filter(pk=worker).update(lease_until=Now() - timedelta(seconds=1))


def a_task(status: int = Task.QUEUED, **columns: Any) -> Task:
    """A task as it is found in that status; one in progress is held by a live worker."""
    ran = {"attempt": 1, "epoch": 1, "started": Now()} if status else {}
    if status == Task.PROGRESS:
        ran |= {"worker": a_worker().pk, "worker_pid": 4712}
    if status in (Task.COMPLETED, Task.FAILED, Task.CANCELLED):
        ran |= {"finished": Now(), "worker": a_worker().pk}
    task = Task.objects.create(**{"task": PATH, "args": "{}", "status": status, **ran, **columns})
    return Task.objects.get(pk=task.pk)


def row(task: Task) -> dict[str, Any]:
    return Task.objects.values().get(pk=task.pk)


def status_of(task: Task) -> int:
    return Task.objects.values_list("status", flat=True).get(pk=task.pk)


def rows_of(task: Task) -> TaskQuerySet:
    return Task.objects.filter(pk=task.pk)


def claim_here(task: Task) -> bool:
    return task.claim(a_worker().pk, 99)


def claim_by_store(task: Task) -> bool:
    return [claimed.id for claimed in store.turn(a_worker().pk, [], 1, []).claimed] == [task.pk]
