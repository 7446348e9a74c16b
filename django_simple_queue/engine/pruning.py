"""What is deleted once it is old enough: ended tasks with all that hangs on them, and workers of long ago."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from django_simple_queue import conf
from django_simple_queue.engine import clock
from django_simple_queue.engine.aside import Aside
from django_simple_queue.engine.chores import Chores
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.settling import locked
from django_simple_queue.engine.store.pieces import PIECES_SECONDS, in_pieces, reason_of
from django_simple_queue.models import OperatorActionItem, Task, Worker
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias
from django_simple_queue.models.steps import Steps

PRUNE_SECONDS = 0.1
MOST_HELD = 10_000
"""So many rows that are locked or refused are gone past: each batch has to."""
REFUSED_SECONDS = 3600.0
"""How long a row is passed over that the database does not let go, as one that another table refers to."""
KEEP_WORKERS = timedelta(days=7)
STATUS_NAMES = {"completed": Task.COMPLETED, "failed": Task.FAILED, "cancelled": Task.CANCELLED}
_steps = Steps(seconds=PRUNE_SECONDS / 2, first=100, least=50, most=500)
_turns = list(STATUS_NAMES)
_aside = Aside(first=REFUSED_SECONDS, longest=REFUSED_SECONDS)
logger = logging.getLogger("django_simple_queue.worker")


class Pruned(NamedTuple):
    """How many were deleted, how many were gone past, how many of these are refused, and whether there may be more."""

    deleted: int
    left: int
    refused: int
    more: bool


def prune(chores: Chores) -> bool:
    """Delete tasks that RETENTION lets go of, for about PRUNE_SECONDS; tell whether a heap is left.

    A status for which there was no time has its turn at the next call.
    """
    end, heap = clock.now() + PRUNE_SECONDS, False
    ages = {name: timedelta(days=days) for name, days in conf.get_retention().items() if days is not None}
    waiting = [name for name in _turns if name in ages]
    while waiting:
        name = waiting.pop(0)
        _turns.remove(name)
        _turns.append(name)
        heap |= chores.do(f"pruning {name} tasks", partial(leaves_heap, STATUS_NAMES[name], ages[name], end), False)
        if clock.now() >= end:
            break
    return heap or bool(waiting)


def leaves_heap(status: int, age: timedelta, end: float) -> bool:
    """As ``prune_status``; what others keep locked is no heap to go on with at once."""
    pruned = prune_status(status, age, end)
    return pruned.more and pruned.deleted + pruned.refused > 0


def prune_status(status: int, age: timedelta, end: float = FOREVER) -> Pruned:
    """Delete tasks that ended before ``age``, until ``end``; those that are locked or refused are gone past."""
    deleted, held, refused, more = 0, set[UUID](), 0, True
    known = _aside.keys(clock.now())
    while more:
        began, size = clock.now(), _steps.size
        page = oldest(status, age, held.union(known), size)
        done = in_pieces(partial(delete, status), page, max(end, clock.now() + PIECES_SECONDS))
        gone = {pk for pks in done.answers for pk in pks}
        if done.refused:
            pass_over({pk: reason_of(error) for pk, error in done.refused})
        deleted, refused = deleted + len(gone), refused + len(done.refused)
        held.update(set(page).difference(gone, done.left))
        more = bool(done.left) or (len(page) == size and len(held) + len(known) < MOST_HELD)
        if more:
            _steps.took(clock.now() - began)
        if clock.now() >= end:
            break
    return Pruned(deleted, len(held), refused, more)


def pass_over(refused: Mapping[UUID, str]) -> None:
    for pk, why in list(_aside.put(refused, clock.now()).items())[:1]:
        logger.warning("old tasks that stay: %d, such as %s: %s", len(refused), pk, why)


def oldest(status: int, age: timedelta, besides: Collection[UUID], most: int) -> list[UUID]:
    past = Task.objects.using(alias()).filter(status=status, finished__lt=Now() - age).order_by("finished", "id")
    return list(past.exclude(pk__in=besides).values_list("pk", flat=True)[:most])


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
