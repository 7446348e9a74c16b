"""Which rows a worker claims, and how it goes on when the database refuses to let it have one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from django_simple_queue.engine.store.database import Database, Opening
from django_simple_queue.engine.store.pieces import in_pieces, reason_of
from django_simple_queue.engine.store.records import Claimed, LeaseLost, Turn
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Worker
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias

Held = tuple[str, list[str]]
MOST_ASIDE = 1000
"""Every claim has to go past them."""
MOST_QUEUES = 100
"""A statement over any number of queues would be refused, or last."""


def claim(database: Database, worker_id: UUID, wanted: int, queues: Sequence[str], opening: Opening) -> list[Claimed]:
    """Claim what is ``wanted`` beside what the opening has brought; what comes before bookmarks only if need be."""
    claimed = in_order(opening.claimed)
    left = islice(groups(database, queues, opening.paused), int(opening.asked), None)
    claimed += claim_from(left, database, worker_id, wanted - len(claimed))
    if len(claimed) < wanted and database.bookmarks.drop():
        anew = groups(database, queues, opening.paused)
        claimed = claim_from(anew, database, worker_id, wanted - len(claimed)) + claimed
    return claimed


def claim_from(
    sources: Iterable[Sequence[str] | None], database: Database, worker_id: UUID, wanted: int
) -> list[Claimed]:
    claimed: list[Claimed] = []
    for group in sources:
        if len(claimed) >= wanted:
            break
        claimed += in_order(database.claim(worker_id, room(wanted - len(claimed), group), group))
    return claimed


def room(wanted: int, group: Sequence[str] | None) -> int:
    """Return how many rows of ``group`` are sure to come before those of any queue that was left out of it."""
    return wanted if group is None or len(group) < MOST_QUEUES else min(wanted, MOST_QUEUES)


def in_order(rows: list[Claimed]) -> list[Claimed]:
    return sorted(rows, key=Claimed.place)


def groups(database: Database, queues: Sequence[str], paused: Sequence[str]) -> Iterator[Sequence[str] | None]:
    """Yield sets of queues to claim from together, in order; None stands for all.

    A paused queue must not be walked over: its backlog may be long, and would be read anew by every claim.
    """
    if QueuePause.ALL in paused:
        return
    if queues:
        yield from ([queue] for queue in queues if queue not in paused)
    elif not paused:
        yield None
    elif unpaused := database.due_queues(MOST_QUEUES):
        yield unpaused


def claim_others(worker_id: UUID, wanted: int, queues: Sequence[str], aside: Collection[Any], end: float) -> Turn:
    """Claim up to ``wanted`` rows, none of those ``aside``; until ``end`` a refused one is looked for and gone past.

    Where all are refused it is the table that must be waited for, not a row.
    """
    held, keys = choose(worker_id, wanted, queues, aside)
    done = in_pieces(partial(take, worker_id, held), keys, end)
    claimed = [row for rows in done.answers for row in rows]
    refused = dict(done.refused[: max(MOST_ASIDE - len(aside), 0)])
    if len(refused) < len(done.refused) and not claimed:
        raise done.refused[-1][1]
    reasons = {key: reason_of(error) for key, error in refused.items()}
    return Turn(claimed=claimed, refused=reasons, looked=not (done.refused or done.left))


@restarted_after_deadlock
def choose(worker_id: UUID, wanted: int, queues: Sequence[str], aside: Collection[Any]) -> tuple[Held, list[Any]]:
    """Return what our row and the pauses are like, and the keys of what may be claimed."""
    database, keys = opened(), list[Any]()
    with transaction.atomic(using=alias()):
        state, paused = hold(database, worker_id)
        for group in groups(database, queues, paused) if state == Worker.State.RUNNING else ():
            keys += database.choose(room(wanted - len(keys), group), group, aside)
            if len(keys) >= wanted:
                break
    return (state, paused), keys


@restarted_after_deadlock
def take(worker_id: UUID, held: Held, keys: Sequence[Any]) -> list[Claimed]:
    """Claim those of ``keys`` that still can be, unless somebody has paused something since ``held``."""
    database = opened()
    with transaction.atomic(using=alias()):
        return in_order(database.take(worker_id, keys)) if hold(database, worker_id) == held else []


def hold(database: Database, worker_id: UUID) -> Held:
    held = database.hold(worker_id)
    if held is None:
        raise LeaseLost(f"The lease of worker {worker_id} has ended.")
    return held
