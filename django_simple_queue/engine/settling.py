"""Tasks that nobody runs any more are settled; one that the database refuses to settle holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from django_simple_queue.engine import clock
from django_simple_queue.engine.aside import Aside
from django_simple_queue.engine.store.lease import connection
from django_simple_queue.engine.store.pieces import PIECES_SECONDS, in_pieces, reason_of
from django_simple_queue.models import Task
from django_simple_queue.models.contention import no_key, restarted_after_deadlock
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import TaskQuerySet

SETTLE_ROWS = 200
logger = logging.getLogger("django_simple_queue.worker")
_aside = Aside()


def settle(rows: TaskQuerySet, reason: str) -> list[Task]:
    """Settle some of ``rows``: a long heap would outlast our own lease. What is left is for the next sweep."""
    settled, end = list[Task](), clock.now() + PIECES_SECONDS
    for page in pages(rows.exclude(pk__in=_aside.keys(clock.now()))):
        done = in_pieces(settle_free, page, end)
        settled += [task for tasks in done.answers for task in tasks]
        for pk, why in _aside.put({pk: reason_of(error) for pk, error in done.refused}, clock.now()).items():
            logger.warning("%s: cannot settle %s yet: %s", reason, pk, why)
        if len(settled) >= SETTLE_ROWS or clock.now() >= end:
            break
    if settled:
        logger.warning("%s: settled %s", reason, ", ".join(str(task.pk) for task in settled))
    return settled


def pages(rows: TaskQuerySet) -> Iterator[list[UUID]]:
    """Yield all of ``rows`` bit by bit: those that others have locked must not hide what is behind them."""
    keys = rows.order_by("pk").values_list("pk", flat=True)
    page = list(keys[:SETTLE_ROWS])
    while page:
        yield page
        page = list(keys.filter(pk__gt=page[-1])[:SETTLE_ROWS]) if len(page) == SETTLE_ROWS else []


@restarted_after_deadlock
def settle_free(pks: Sequence[UUID]) -> list[Task]:
    with transaction.atomic(using=alias()):
        free = locked(Task.objects.running().filter(pk__in=pks))
        return Task.objects.using(alias()).filter(pk__in=free).settle_lost()


def locked(rows: TaskQuerySet, to_delete: bool = False) -> list[UUID]:
    """Return those of ``rows`` that are ours until the transaction ends.

    By a lock that waits for nobody, or, where there is none, by a first write that keeps all other writers out.
    """
    mine = rows.using(alias())
    if connection().features.has_select_for_update_skip_locked:
        mine = mine.select_for_update(skip_locked=True, no_key=no_key(alias()) and not to_delete)
    else:
        mine.update(due=F("due"))
    return list(mine.values_list("pk", flat=True))
