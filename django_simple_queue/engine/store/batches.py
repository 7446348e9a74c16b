"""One turn of a worker: prove that the lease holds, write what has ended, claim what is wanted, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InternalError, transaction

from django_simple_queue.engine.store import history
from django_simple_queue.engine.store.database import Database
from django_simple_queue.engine.store.lease import alias
from django_simple_queue.engine.store.records import Claimed, Ending, LeaseLost, Run, Turn
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Worker

REJECTED = (DataError, IntegrityError, InternalError, UnicodeError, OverflowError, ValueError, TypeError)
TOO_LARGE = "54"


def turn(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str] = ()) -> Turn:
    """Write ``endings`` and claim up to ``wanted`` tasks of ``queues`` (strictly in their order; none named: of all).

    Raises LeaseLost, and django.db errors of the connection: nothing is written then, say the same again.
    """
    try:
        return attempted(worker_id, endings, wanted, queues)
    except (*REJECTED, DatabaseError) as error:
        if not endings or not is_rejection(error):
            raise
    ended: dict[Run, int] = {}
    for ending in endings:
        ended |= isolated(worker_id, ending)
    return Turn(ended, attempted(worker_id, (), wanted, queues).claimed)


def isolated(worker_id: UUID, ending: Ending) -> dict[Run, int]:
    try:
        return attempted(worker_id, (ending,), 0, ()).ended
    except (*REJECTED, DatabaseError) as error:
        if not is_rejection(error):
            raise
        return attempted(worker_id, (ending.rejected(error),), 0, ()).ended


def is_rejection(error: Exception) -> bool:
    """Tell a row that can never be stored from a database that is away (where PostgreSQL files "too large")."""
    return isinstance(error, REJECTED) or str(getattr(error.__cause__, "sqlstate", "")).startswith(TOO_LARGE)


def attempted(worker_id: UUID, endings: Sequence[Ending], wanted: int, queues: Sequence[str]) -> Turn:
    database = opened()
    if not endings and not (wanted and database.anything_due(queues)):
        return Turn()
    with transaction.atomic(using=alias()):
        state, paused = hold(database, worker_id)
        ended = end(database, worker_id, endings)
        open_to_claim = wanted if state == Worker.State.RUNNING else 0
        return Turn(ended, claim(database, worker_id, open_to_claim, queues, paused))


def hold(database: Database, worker_id: UUID) -> tuple[str, list[str]]:
    held = database.hold(worker_id)
    if held is None:
        raise LeaseLost(f"The lease of worker {worker_id} has ended.")
    return held


def end(database: Database, worker_id: UUID, endings: Iterable[Ending]) -> dict[Run, int]:
    by_verb = attrgetter("verb")
    ended: dict[Run, int] = {}
    for verb, group in groupby(sorted(endings, key=by_verb), key=by_verb):
        ended.update(database.end(worker_id, verb, list(group)))
    history.record(worker_id, endings, ended)
    return ended


def claim(
    database: Database, worker_id: UUID, wanted: int, queues: Sequence[str], paused: Sequence[str]
) -> list[Claimed]:
    claimed: list[Claimed] = []
    for group in groups(database, queues, paused) if wanted else ():
        rows = database.claim(worker_id, wanted - len(claimed), group)
        claimed += sorted(rows, key=lambda row: (-row.priority, row.run_after, row.id))
        if len(claimed) >= wanted:
            break
    return claimed


def groups(database: Database, queues: Sequence[str], paused: Sequence[str]) -> Iterator[Sequence[str] | None]:
    """Yield sets of queues to claim from together, in order; None stands for all.

    A paused queue must not be walked over: its backlog may be long, and would be read anew by every claim.
    """
    if queues:
        yield from ([queue] for queue in queues if queue not in paused)
    elif not paused:
        yield None
    elif unpaused := [queue for queue in database.due_queues() if queue not in paused]:
        yield unpaused
