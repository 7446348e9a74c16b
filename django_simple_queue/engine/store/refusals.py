"""Errors that are the fault of what was said: the database is there, and would take something else."""

from __future__ import annotations

from django.db import DataError, IntegrityError, InternalError

from django_simple_queue.engine.store.lease import answers
from django_simple_queue.models.contention import is_deadlock, is_lock_timeout

REJECTED = (DataError, IntegrityError, InternalError, UnicodeError, OverflowError, ValueError, TypeError)
TOO_LARGE, DISK_FULL, WRONG_STATE = "54", "53100", "25"
SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_refusal(error: Exception) -> bool:
    """Tell whether the database, which answers, has said no to the statement, and nobody else was in its way."""
    return is_rejection(error) or (not is_in_the_way(error) and answers())


def is_rejection(error: Exception) -> bool:
    """Tell a row that cannot be stored from a database that is away: drivers call both an OperationalError.

    On a full disk a large result is given up, for a short ending without it may still fit.
    """
    cause = error.__cause__
    state = str(getattr(cause, "sqlstate", ""))
    if getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or state.startswith((TOO_LARGE, DISK_FULL)):
        return True
    return isinstance(error, REJECTED) and not state.startswith(WRONG_STATE)


def is_in_the_way(error: Exception) -> bool:
    """Tell whether another transaction kept the statement from what it wanted: the same may do a moment later."""
    locked = getattr(error.__cause__, "sqlite_errorname", "").startswith(SQLITE_BUSY)
    return locked or is_lock_timeout(error) or is_deadlock(error)
