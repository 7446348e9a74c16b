"""What has become due may be claimed from then on; a row that the database refuses to change holds up no other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

from django.db import Error, transaction
from django.db.models.functions import Now

from django_simple_queue import wake
from django_simple_queue.engine import clock
from django_simple_queue.engine.settling import locked
from django_simple_queue.engine.store.lease import session
from django_simple_queue.engine.store.pieces import PIECES_SECONDS, in_pieces
from django_simple_queue.engine.store.refusals import is_refusal
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Task
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias

PROMOTE_ROWS = 1000
PROMOTE_SECONDS = 0.1


def promote() -> int:
    """Let rows whose time has come be claimed, and return how many; a long queue of them goes on at the next tick."""
    promoted, end = 0, time.monotonic() + PROMOTE_SECONDS
    while time.monotonic() < end:
        moved = promote_some()
        promoted += moved
        if moved < PROMOTE_ROWS:
            break
    if promoted:
        wake.workers(alias())
    return promoted


def promote_some() -> int:
    used = session()
    try:
        return promote_together()
    except Error as error:
        if is_refusal(error, used) and (promoted := promote_in_pieces()):
            return promoted
        raise


@restarted_after_deadlock
def promote_together() -> int:
    return opened().promote(PROMOTE_ROWS)


def promote_in_pieces() -> int:
    ripe = Task.objects.using(alias()).waiting().filter(run_after__lte=Now()).order_by("run_after")
    keys = list(ripe.values_list("pk", flat=True)[:PROMOTE_ROWS])
    return sum(in_pieces(promote_these, keys, clock.now() + PIECES_SECONDS).answers)


@restarted_after_deadlock
def promote_these(pks: Sequence[UUID]) -> int:
    rows = Task.objects.using(alias()).waiting()
    with transaction.atomic(using=alias()):
        return rows.filter(pk__in=locked(rows.filter(pk__in=pks))).update(due=True)
