"""What a database complains of, told by the words or the number that each of them has for it."""

from __future__ import annotations

MYSQL_LOCK_TIMEOUT, MYSQL_DEADLOCK, MYSQL_MISSING = 1205, 1213, (1146, 1054)
POSTGRESQL_LOCK_TIMEOUT, POSTGRESQL_DEADLOCK, POSTGRESQL_MISSING = "55P03", "40P01", ("42P01", "42703")
CONFLICT = "40"
"""The class of all conflicts with other transactions, in PostgreSQL."""
SQLITE_BUSY, SQLITE_MISSING = ("SQLITE_BUSY", "SQLITE_LOCKED"), ("no such table", "no such column")


def is_in_the_way(error: BaseException) -> bool:
    """Tell whether another transaction kept the statement from what it wanted: the same may do a moment later."""
    conflict = sqlite_name(error).startswith(SQLITE_BUSY) or sqlstate(error).startswith(CONFLICT)
    return conflict or is_lock_timeout(error) or is_deadlock(error)


def is_deadlock(error: BaseException) -> bool:
    """Tell whether the database has ended one of two transactions that waited for each other."""
    return is_one_of(error, MYSQL_DEADLOCK, POSTGRESQL_DEADLOCK)


def is_lock_timeout(error: BaseException) -> bool:
    """Tell whether a row was not to be had in time, because another transaction has locked it."""
    return is_one_of(error, MYSQL_LOCK_TIMEOUT, POSTGRESQL_LOCK_TIMEOUT)


def is_not_migrated(error: BaseException) -> bool:
    """Tell whether a table or a column is missing, rather than that we may not look at it."""
    codes = zip(MYSQL_MISSING, POSTGRESQL_MISSING, strict=True)
    return str(error).startswith(SQLITE_MISSING) or any(is_one_of(error, *code) for code in codes)


def is_one_of(error: BaseException, number: int, state: str) -> bool:
    return error.args[:1] == (number,) or sqlstate(error) == state


def sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def sqlite_name(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlite_errorname", "")
