"""Errors that are the fault of what was said: the database is there, and would take something else."""

from __future__ import annotations

from django.db import DataError, IntegrityError, InternalError

from django_simple_queue.engine.store.lease import answers
from django_simple_queue.models.complaints import is_in_the_way, sqlite_name, sqlstate

REJECTED = (DataError, IntegrityError, InternalError, UnicodeError, OverflowError, ValueError, TypeError)
TOO_LARGE, DISK_FULL, WRONG_STATE = "54", "53100", "25"
MYSQL_READ_ONLY = [(1290,), (1792,), (1836,)]


def is_refusal(error: Exception, session: object) -> bool:
    """Tell whether the database has said no to the statement, and nobody else was in its way.

    ``session`` is what the statement went through, as it was before the error: it must still answer.
    """
    return is_rejection(error) or not (is_in_the_way(error) or is_wrong_server(error) or not answers(session))


def is_wrong_server(error: Exception) -> bool:
    """Tell whether nothing can be written at all by this connection, be it that the server takes no changes now."""
    return sqlstate(error).startswith(WRONG_STATE) or error.args[:1] in MYSQL_READ_ONLY


def is_rejection(error: Exception) -> bool:
    """Tell a row that cannot be stored from a database that is away: drivers call both an OperationalError.

    On a full disk a large result is given up, for a short ending without it may still fit.
    """
    if sqlite_name(error) == "SQLITE_FULL" or sqlstate(error).startswith((TOO_LARGE, DISK_FULL)):
        return True
    return isinstance(error, REJECTED) and not is_wrong_server(error)
