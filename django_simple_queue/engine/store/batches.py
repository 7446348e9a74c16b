"""One turn of a worker: prove that the lease holds, write what has ended, claim what is wanted, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InternalError, transaction

from django_simple_queue import wake
from django_simple_queue.engine.store import history, live
from django_simple_queue.engine.store.database import Database, Look, Opening
from django_simple_queue.engine.store.lease import alias
from django_simple_queue.engine.store.records import Claimed, Ending, LeaseLost, Run, Turn
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Worker
from django_simple_queue.models.contention import is_lock_timeout, lock_what_is_free, restarted_after_deadlock

REJECTED = (DataError, IntegrityError, InternalError, UnicodeError, OverflowError, ValueError, TypeError)
TOO_LARGE, DISK_FULL = "54", "53100"


def turn(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str] = ()) -> Turn:
    """Write ``endings`` and claim up to ``wanted`` tasks of ``queues`` (strictly in their order; none named: of all).

    Raises LeaseLost, and django.db errors of the connection: nothing is written then, say the same again.
    """
    history.recall_backoffs(endings)
    try:
        return attempted(worker_id, endings, wanted, queues)
    except (*REJECTED, DatabaseError) as error:
        if endings and is_lock_timeout(error):
            return around_locks(worker_id, endings, wanted, queues)
        if not endings or not is_rejection(error):
            raise
    ended: dict[Run, int] = {}
    for ending in endings:
        ended |= isolated(worker_id, ending)
    rest = attempted(worker_id, (), wanted, queues)
    return Turn(ended, rest.claimed, rest.wait)


def around_locks(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str]) -> Turn:
    """Write the endings whose rows are free, for one row that a stranger holds must not keep up the worker."""
    with transaction.atomic(using=alias()):
        free, held = lock_what_is_free((ending.id for ending in endings), alias())
        turn = attempted(worker_id, [ending for ending in endings if ending.id in free], wanted, queues)
    turn.withheld = {ending.run for ending in endings if ending.id in held}
    return turn


def isolated(worker_id: UUID, ending: Ending) -> dict[Run, int]:
    """Write one ending; else that it could not be written; else that, without an output that is in the row already."""
    try:
        return attempted(worker_id, (ending,), 0, ()).ended
    except (*REJECTED, DatabaseError) as error:
        if not is_rejection(error):
            raise
        rejected = ending.rejected(error)
    try:
        return attempted(worker_id, (rejected,), 0, ()).ended
    except (*REJECTED, DatabaseError) as error:
        if not is_rejection(error):
            raise
    return attempted(worker_id, (replace(rejected, output=""),), 0, ()).ended


def is_rejection(error: Exception) -> bool:
    """Tell a row that cannot be stored from a database that is away: drivers call both an OperationalError.

    On a full disk a large result is given up, for a short ending without it may still fit.
    """
    cause = error.__cause__
    if getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL":
        return True
    return isinstance(error, REJECTED) or str(getattr(cause, "sqlstate", "")).startswith((TOO_LARGE, DISK_FULL))


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


def last_words(worker_id: UUID, endings: Sequence[Ending]) -> dict[Run, int]:
    """Write ``endings`` of a worker whose lease has ended, as far as nobody has settled its tasks yet.

    A claim needs the lease; an ending needs its fence only. Returns the final status of each that was accepted.
    """
    try:
        return outlived(worker_id, endings)
    except (*REJECTED, DatabaseError) as error:
        if not is_rejection(error):
            raise
    ended: dict[Run, int] = {}
    for ending in endings:
        with suppress(*REJECTED, DatabaseError):
            ended |= outlived(worker_id, [ending])
    return ended


@restarted_after_deadlock
def outlived(worker_id: UUID, endings: Sequence[Ending]) -> dict[Run, int]:
    database = opened()
    with transaction.atomic(using=alias()):
        free, _ = lock_what_is_free((ending.id for ending in endings), alias())
        said = [ending for ending in endings if ending.id in free]
        groups = by_verb(said).items()
        ended = dict(row for verb, group in groups for row in database.end(worker_id, verb, group))
        history.record(worker_id, said, ended)
    return ended


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
