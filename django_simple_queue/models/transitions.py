"""The life of a task as one table: which verb moves it from where to where. Writers of a status are built from it."""

from __future__ import annotations

from typing import Final, NamedTuple

QUEUED: Final = 0
PROGRESS: Final = 1
COMPLETED: Final = 2
FAILED: Final = 3
CANCELLED: Final = 4


class Move(NamedTuple):
    """``sources`` are the statuses that the verb accepts, ``targets`` those it leads to, ``actor`` who may say it."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    actor: str


MOVES: Final[dict[str, Move]] = {
    "create_task": Move((), (QUEUED,), "application code, console"),
    "claim": Move((QUEUED,), (PROGRESS,), "worker"),
    "complete": Move((PROGRESS,), (COMPLETED, CANCELLED), "worker"),
    "fail": Move((PROGRESS,), (FAILED, QUEUED, CANCELLED), "worker"),
    "release": Move((PROGRESS,), (QUEUED, CANCELLED), "worker"),
    "interrupt": Move((PROGRESS,), (FAILED, QUEUED, CANCELLED), "worker"),
    "lose": Move((PROGRESS,), (FAILED, QUEUED, CANCELLED), "any worker, operator"),
    "cancel": Move((QUEUED, PROGRESS), (CANCELLED,), "operator, code"),
    "undo_cancel": Move((CANCELLED,), (QUEUED,), "operator"),
    "requeue": Move((FAILED, CANCELLED), (QUEUED,), "operator, code"),
    "undo_requeue": Move((QUEUED,), (FAILED, CANCELLED), "operator"),
    "run_again": Move((COMPLETED,), (QUEUED,), "operator, code (a new row)"),
}
