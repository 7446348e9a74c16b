"""The database connections of a child: those of its own thread, and of the one in which asynchronous ORM works."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from asgiref.sync import SyncToAsync
from django.db import connections

T = TypeVar("T")
PATIENCE_SECONDS = 1.0


def refresh(*, is_busy: bool = False) -> None:
    """Close connections that have broken or are too old; ``is_busy`` as in ``tidy``."""
    close_old_ones() if is_busy else everywhere(close_old_ones)


def tidy(*, is_busy: bool = False) -> bool:
    """Close what a run has left open, and tell whether a transaction was.

    ``is_busy``: something of the run goes on, perhaps in that thread, which is then left alone.
    """
    return any([tidy_here()] if is_busy else everywhere(tidy_here))


def everywhere(function: Callable[[], T]) -> list[T]:
    """Return what ``function`` returns here, and in the other thread once there is one that no receiver keeps busy."""
    beside, answers = SyncToAsync.single_thread_executor, [function()]
    for _ in beside._threads:
        with suppress(TimeoutError):
            answers.append(beside.submit(function).result(PATIENCE_SECONDS))
    return answers


def tidy_here() -> bool:
    left_open = drop_open_transactions()
    close_old_ones()
    return left_open


def close_old_ones() -> None:
    """As Django's own, but for one that cannot even be closed: that must cost neither a result nor the others."""
    for connection in connections.all(initialized_only=True):
        with suppress(Exception):
            connection.close_if_unusable_or_obsolete()


def drop_open_transactions() -> bool:
    """Give up connections with a transaction that the run has left open, and tell whether there were any.

    Django lets nobody use them any more, and what they have locked stays so until they are closed.
    """
    spoilt = [connection for connection in connections.all(initialized_only=True) if connection.in_atomic_block]
    for connection in spoilt:
        with suppress(Exception):
            connection.close()
        del connections[connection.alias]
    return bool(spoilt)
