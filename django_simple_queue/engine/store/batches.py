"""One turn of a worker: prove that the lease holds, write what has ended, claim what is wanted, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from uuid import UUID

from django.db import Error, transaction

from django_simple_queue import wake
from django_simple_queue.engine import clock
from django_simple_queue.engine.store import history, live
from django_simple_queue.engine.store.database import Database, Look, Opening
from django_simple_queue.engine.store.lease import alias, hurried, session
from django_simple_queue.engine.store.records import Claimed, Ending, LeaseLost, Turn
from django_simple_queue.engine.store.refusals import REJECTED, is_refusal, is_rejection
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Worker
from django_simple_queue.models.complaints import is_lock_timeout
from django_simple_queue.models.contention import lock_what_is_free, restarted_after_deadlock
from django_simple_queue.text import in_one_line

logger = logging.getLogger("django_simple_queue.worker")
PIECES_SECONDS = 1.0
"""How long a turn may look for what is at fault: what it holds up are the claims, and all that the worker hears."""
LOCKED = "another transaction has locked its row"
NOT_YET = "the database has refused others, and its turn has not come"


def turn(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str] = ()) -> Turn:
    """Write ``endings`` and claim up to ``wanted`` tasks of ``queues`` (strictly in their order; none named: of all).

    Raises LeaseLost, and django.db errors: nothing is written then, say the same again.
    """
    history.recall_backoffs(endings)
    used = session()
    try:
        return attempted(worker_id, endings, wanted, queues)
    except (*REJECTED, Error) as error:
        if not endings or not (is_lock_timeout(error) or is_refusal(error, used)):
            raise
        level = logging.DEBUG if is_lock_timeout(error) else logging.INFO
        logger.log(level, "storing again, in smaller pieces: %s", in_one_line(error))
    return in_pieces(partial(around_locks, worker_id), endings)


def in_pieces(write: Callable[[Sequence[Ending]], Turn], endings: Sequence[Ending]) -> Turn:
    """Write ``endings`` together, and what is refused in ever smaller pieces, down to the one that is at fault.

    That one is withheld, and so is what is left when time is up or something else goes wrong on the way.
    """
    turn, pieces, end = Turn(looked=False), [endings], clock.now() + PIECES_SECONDS
    while pieces and clock.now() < end:
        used = session()
        try:
            turn.add(write(pieces[-1]))
            pieces.pop()
        except (*REJECTED, Error) as error:
            if not is_refusal(error, used):
                if turn.ended:
                    break
                raise
            piece = pieces.pop()
            pieces += (smaller := in_other_words(piece, error))
            if not smaller:
                turn.withheld[piece[0].run] = f"the database refuses it ({in_one_line(error)})"
    return turn.add(Turn(withheld={ending.run: NOT_YET for piece in pieces for ending in piece}))


def in_other_words(piece: Sequence[Ending], error: Exception) -> list[Sequence[Ending]]:
    """Return what to say instead of ``piece``: its halves; of one alone, if it is at fault, that it cannot be stored.

    Else that, without an output that is in the row already; else nothing.
    """
    if len(piece) > 1:
        return [piece[len(piece) // 2 :], piece[: len(piece) // 2]]
    (ending,) = piece
    if not is_rejection(error) or (ending.output == "" and ending.is_rejected):
        return []
    return [[replace(ending, output="") if ending.is_rejected else ending.rejected(error)]]


@restarted_after_deadlock
def around_locks(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    """Write the endings whose rows are free, for one row that a stranger holds must not keep up the worker."""
    with hurried():
        free, held = lock_what_is_free((ending.id for ending in endings), alias())
        turn = attempted(worker_id, [ending for ending in endings if ending.id in free], 0, ())
    turn.withheld = {ending.run: LOCKED for ending in endings if ending.id in held}
    return turn


@restarted_after_deadlock
def attempted(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str]) -> Turn:
    database = opened()
    if not endings:
        seen = database.look(queues) if wanted else Look(False, None)
        if not seen.due:
            return Turn(wait=seen.wait)
    with transaction.atomic(using=alias()):
        opening = database.open_turn(worker_id, by_verb(endings), wanted, queues)
        if opening is None:
            raise LeaseLost(f"The lease of worker {worker_id} has ended.")
        ended = dict(opening.ended)
        history.record(worker_id, endings, ended)
        live.keep_progress(worker_id, endings, ended)
        if any(ending.verb == "release" for ending in endings):
            wake.workers(alias())
        may_claim = opening.state == Worker.State.RUNNING
        return Turn(ended, claim(database, worker_id, wanted if may_claim else 0, queues, opening))


def last_words(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    """Write ``endings`` of a worker whose lease has ended, as far as nobody has settled its tasks yet.

    A claim needs the lease; an ending needs its fence only.
    """
    return in_pieces(partial(outlived, worker_id), endings)


@restarted_after_deadlock
def outlived(worker_id: UUID, endings: Sequence[Ending]) -> Turn:
    database = opened()
    with hurried():
        free, held = lock_what_is_free((ending.id for ending in endings), alias())
        said = [ending for ending in endings if ending.id in free]
        groups = by_verb(said).items()
        ended = dict(row for verb, group in groups for row in database.end(worker_id, verb, group))
        history.record(worker_id, said, ended)
    return Turn(ended, withheld={ending.run: LOCKED for ending in endings if ending.id in held})


def by_verb(endings: Iterable[Ending]) -> dict[str, list[Ending]]:
    groups: dict[str, list[Ending]] = {}
    for ending in endings:
        groups.setdefault(ending.verb, []).append(ending)
    return groups


def claim(database: Database, worker_id: UUID, wanted: int, queues: Sequence[str], opening: Opening) -> list[Claimed]:
    claimed = in_order(opening.claimed)
    for group in islice(groups(database, queues, opening.paused), int(opening.asked), None):
        if len(claimed) >= wanted:
            break
        claimed += in_order(database.claim(worker_id, wanted - len(claimed), group))
    return claimed


def in_order(rows: list[Claimed]) -> list[Claimed]:
    return sorted(rows, key=lambda row: (-row.priority, row.run_after, row.id))


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
    elif unpaused := [queue for queue in database.due_queues() if queue not in paused]:
        yield unpaused
