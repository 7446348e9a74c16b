"""What is deleted once it is old enough: ended tasks with all that hangs on them, and workers of long ago."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from django_simple_queue import conf
from django_simple_queue.engine import clock
from django_simple_queue.engine.chores import Chores
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.settling import locked
from django_simple_queue.models import OperatorActionItem, Task, Worker
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias

PRUNE_ROWS = 500
PRUNE_SECONDS = 0.1
MOST_HELD = 10_000
"""So many rows that others have locked are gone past: each batch has to."""
KEEP_WORKERS = timedelta(days=7)
STATUS_NAMES = {"completed": Task.COMPLETED, "failed": Task.FAILED, "cancelled": Task.CANCELLED}


def prune(chores: Chores) -> bool:
    """Delete tasks that RETENTION lets go of, for about PRUNE_SECONDS; tell whether a heap is left."""
    ages = {name: timedelta(days=days) for name, days in conf.get_retention().items() if days is not None}
    end = clock.now() + PRUNE_SECONDS
    heaps = [
        chores.do(f"pruning {name} tasks", partial(leaves_heap, STATUS_NAMES[name], age, end), False)
        for name, age in ages.items()
    ]
    return any(heaps)


def leaves_heap(status: int, age: timedelta, end: float) -> bool:
    """As ``prune_status``; what others keep locked is no heap to go on with at once."""
    deleted, more = prune_status(status, age, end)
    return more and deleted > 0


def prune_status(status: int, age: timedelta, end: float = FOREVER) -> tuple[int, bool]:
    """Delete tasks that ended before ``age``, until ``end``; return how many, and whether there may be more to delete.

    Those that others have locked are gone past.
    """
    held, deleted, more = set[UUID](), 0, True
    while more:
        page = oldest(status, age, held)
        gone = delete(status, page)
        deleted += len(gone)
        news = set(page) - held
        held |= news - set(gone)
        more = len(page) == PRUNE_ROWS and bool(news) and len(held) < MOST_HELD
        if clock.now() >= end:
            break
    return deleted, more


def oldest(status: int, age: timedelta, besides: Collection[UUID]) -> list[UUID]:
    past = Task.objects.using(alias()).filter(status=status, finished__lt=Now() - age).order_by("finished", "id")
    return list(past.exclude(pk__in=besides).values_list("pk", flat=True)[:PRUNE_ROWS])


@restarted_after_deadlock
def delete(status: int, pks: Collection[UUID]) -> list[UUID]:
    """Delete those of the tasks that nobody has locked or requeued meanwhile, and return them.

    Their places in the lists of what operators did go along; what was done, by whom and why, stays.
    """
    rows, items = Task.objects.using(alias()), OperatorActionItem.objects.using(alias())
    with transaction.atomic(using=alias()):
        chosen = locked(rows.filter(pk__in=pks, status=status), to_delete=True)
        rows.filter(pk__in=chosen).only("pk").delete()
        # By key: MySQL locks all that a DELETE looks at.
        items.filter(pk__in=list(items.filter(task__in=chosen).values_list("pk", flat=True))).delete()
    return chosen


def forget_workers() -> None:
    """Rows are deleted by key: MySQL locks what a DELETE looks at, and would wait for the turns of live workers."""
    ended = Worker.objects.using(alias()).exclude(state__in=Worker.LIVE_STATES)
    gone = list(ended.filter(ended__lt=Now() - KEEP_WORKERS).values_list("pk", flat=True))
    Worker.objects.using(alias()).filter(pk__in=gone).delete()
