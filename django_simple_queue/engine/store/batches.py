"""One turn of a worker: prove that the lease holds, write what has ended, claim what is wanted, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import Error, transaction

from django_simple_queue import wake
from django_simple_queue.engine import clock
from django_simple_queue.engine.store import history, live
from django_simple_queue.engine.store.bookmarks import Bookmarks
from django_simple_queue.engine.store.claims import claim, claim_others, in_order
from django_simple_queue.engine.store.database import Look
from django_simple_queue.engine.store.lease import hurried, session
from django_simple_queue.engine.store.pieces import PIECES_SECONDS, halves, in_pieces, reason_of
from django_simple_queue.engine.store.records import Ending, Key, LeaseLost, NoAnswer, Turn
from django_simple_queue.engine.store.refusals import REJECTED, is_refusal, is_rejection
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Worker
from django_simple_queue.models.complaints import is_lock_timeout
from django_simple_queue.models.contention import lock_what_is_free, restarted_after_deadlock
from django_simple_queue.models.primary import alias
from django_simple_queue.text import in_one_line

logger = logging.getLogger("django_simple_queue.worker")
LOCKED = "another transaction has locked its row"
NOT_YET = "the database has refused others, and its turn has not come"
Write = Callable[[UUID, Sequence[Ending]], Turn]


def turn(
    worker_id: UUID,
    endings: Sequence[Ending],
    wanted: int,
    queues: Sequence[str] = (),
    aside: Collection[Any] = (),
    bookmarks: Bookmarks | None = None,
) -> Turn:
    """Write ``endings`` and claim up to ``wanted`` tasks of ``queues`` (strictly in their order; none named: of all).

    Rows of the keys ``aside`` are passed over; ``bookmarks`` are those of the turns before. Raises LeaseLost, and
    django.db errors: nothing is written then, say the same again.
    """
    history.plan_retries(endings)
    used, refused = session(), False
    try:
        turn = attempted(worker_id, endings, 0 if aside else wanted, queues, bookmarks)
    except (*REJECTED, Error) as error:
        refused = is_refusal(error, used)
        if not (refused or (endings and is_lock_timeout(error))):
            raise
        level = logging.INFO if refused and endings else logging.DEBUG
        logger.log(level, "trying again, in smaller pieces: %s", in_one_line(error))
        end = clock.now() + PIECES_SECONDS
        turn = written(partial(around_locks, by_lease, worker_id), endings, end)
    else:
        end = clock.now() + PIECES_SECONDS
    if wanted and (aside or refused) and not turn.withheld:
        add_claims(turn, partial(claim_others, worker_id, wanted, queues, aside, end))
    return turn


def add_claims(turn: Turn, claim_others: Callable[[], Turn]) -> None:
    """Add what is claimed apart from the endings: these are written by now, and must be heard of in any case."""
    try:
        claims = claim_others()
    except (Error, LeaseLost, NoAnswer):
        if not turn.ended:
            raise
        logger.debug("claiming is left for the next turn", exc_info=True)
        claims = Turn(looked=False)
    turn.claimed, turn.refused, turn.looked = claims.claimed, claims.refused, claims.looked


def written(write: Callable[[Sequence[Ending]], Turn], endings: Sequence[Ending], end: float) -> Turn:
    """Write ``endings`` together or in pieces; what is refused or left over is withheld."""
    done, turn = in_pieces(write, endings, end, in_other_words), Turn(looked=False)
    for each in done.answers:
        turn.add(each)
    turn.withheld |= {ending.run: reason_of(error) for ending, error in done.refused}
    turn.withheld |= {ending.run: NOT_YET for ending in done.left}
    return turn


def in_other_words(piece: Sequence[Ending], error: Exception) -> list[Sequence[Ending]]:
    """Return what to say instead of ``piece``: its halves; of one alone, if it is at fault, that it cannot be stored.

    Else that, without an output that is in the row already; else nothing.
    """
    if len(piece) > 1:
        return halves(piece, error)
    (ending,) = piece
    if not is_rejection(error) or (ending.output == "" and ending.is_rejected):
        return []
    return [[replace(ending, output="") if ending.is_rejected else ending.rejected(error)]]


@restarted_after_deadlock
def around_locks(write: Write, worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    """Have the endings written whose rows are free, for one row that a stranger holds must not keep up the worker."""
    with hurried():
        free, held = lock_what_is_free((ending.id for ending in endings), alias())
        turn = write(worker_id, [ending for ending in endings if ending.id in free])
    turn.withheld = {ending.run: LOCKED for ending in endings if ending.id in held}
    turn.reworded = {ending.run: ending for ending in endings if ending.is_rejected}
    return turn


def by_lease(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    return attempted(worker_id, endings, 0, ())


@restarted_after_deadlock
def attempted(
    worker_id: UUID,
    endings: Sequence[Ending],
    wanted: int,
    queues: Sequence[str],
    bookmarks: Bookmarks | None = None,
) -> Turn:
    database = opened(bookmarks)
    if not endings:
        seen, claimed = database.glance(worker_id, wanted, queues) if wanted else (Look(False, None), None)
        if claimed is not None or not seen.due:
            return Turn(claimed=in_order(claimed or []), wait=seen.wait)
    with transaction.atomic(using=alias()):
        opening = database.open_turn(worker_id, by_verb(endings), wanted, queues)
        if opening is None:
            raise LeaseLost(f"The lease of worker {worker_id} has ended.")
        ended = dict(opening.ended)
        keep(worker_id, endings, ended)
        may_claim = opening.state == Worker.State.RUNNING
        return Turn(ended, claim(database, worker_id, wanted if may_claim else 0, queues, opening))


def last_words(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    """Write ``endings`` of a worker whose lease has ended, as far as nobody has settled its tasks yet.

    A claim needs the lease; an ending needs its fence only.
    """
    history.plan_retries(endings)
    return written(partial(around_locks, by_fence, worker_id), endings, clock.now() + PIECES_SECONDS)


def by_fence(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    database = opened()
    ended = dict(row for verb, group in by_verb(endings).items() for row in database.end(worker_id, verb, group))
    keep(worker_id, endings, ended)
    return Turn(ended)


def keep(worker_id: UUID, endings: Sequence[Ending], ended: dict[Key, int]) -> None:
    """Write what goes with ``endings``, as far as they are ``ended``."""
    history.record(worker_id, endings, ended)
    live.keep_progress(worker_id, endings, ended)
    if any(ending.verb == "release" for ending in endings):
        wake.workers(alias())


def by_verb(endings: Iterable[Ending]) -> dict[str, list[Ending]]:
    groups: dict[str, list[Ending]] = {}
    for ending in endings:
        groups.setdefault(ending.verb, []).append(ending)
    return groups
