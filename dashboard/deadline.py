"""The one place where a reading statement gets its deadline; a page says so instead of hanging."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_simple_queue.models.primary import alias

SECONDS, SECONDS_OF_A_PAGE = 2.0, 5.0
PROGRESS_STEPS = 20_000
Execute = Callable[..., Any]
FOR_PAGES = {"jit": "off", "random_page_cost": 1.1}
ENDS_A_BLOCK = ("SET ", "ROLLBACK ", "RELEASE ", "SAVEPOINT ")
TIMED_OUT = ("interrupted", "statement timeout", "max_statement_time", "maximum statement execution time")


class TookTooLong(Exception):
    """A statement, or all of them, passed the deadline; nothing is wrong with the database."""


@dataclass(slots=True)
class Limit:
    """``seconds`` for each statement; none begins after ``end``, and SQLite, watched from here, ends one there."""

    seconds: float
    end: float
    end_of_statement: float = math.inf

    @property
    def is_over(self) -> bool:
        return time.monotonic() > min(self.end, self.end_of_statement)

    def begin_statement(self, execute: Execute, sql: str, *call: Any) -> Any:
        now = time.monotonic()
        if now > self.end and not sql.startswith(ENDS_A_BLOCK):
            raise TookTooLong("The queries took too long altogether.")
        self.end_of_statement = now + self.seconds
        return execute(sql, *call)


_limit: ContextVar[Limit | None] = ContextVar("limit", default=None)


@contextmanager
def deadline(seconds: float = SECONDS, *, altogether: float | None = None) -> Iterator[None]:
    """Let each statement in this block take ``seconds`` at most; raise TookTooLong when one takes longer.

    None begins once ``altogether`` seconds, which are as many unless given, are over. A block within another one
    cannot allow more than that, and the limit of the outer one holds again after it.
    """
    connection = connections[alias()]
    limits = {"postgresql": postgresql_limit, "sqlite": sqlite_limit, "mysql": mysql_limit}
    outer, now = _limit.get(), time.monotonic()
    end = now + (altogether or seconds)
    limit = within(outer, Limit(seconds, end))
    token = _limit.set(limit)
    try:
        with limits[connection.vendor](connection, limit, outer), connection.execute_wrapper(limit.begin_statement):
            yield
    except DatabaseError as error:
        if is_timeout(error):
            raise TookTooLong(f"A query took longer than {limit.seconds:g} s.") from error
        raise
    finally:
        _limit.reset(token)


def within(outer: Limit | None, limit: Limit) -> Limit:
    if outer is None:
        return limit
    return Limit(min(outer.seconds, limit.seconds), min(outer.end, limit.end))


def is_timeout(error: Exception) -> bool:
    return isinstance(error, OperationalError) and any(words in str(error).lower() for words in TIMED_OUT)


@contextmanager
def postgresql_limit(connection: BaseDatabaseWrapper, limit: Limit, outer: Limit | None) -> Iterator[None]:
    """To compile a statement takes longer than a page may; and what it needs of an index is mostly in memory."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if outer and limit.seconds == outer.seconds:
            yield
            return
        cursor.execute(set_local(statement_timeout=int(limit.seconds * 1000), **FOR_PAGES))
        yield
        if outer:
            cursor.execute(set_local(statement_timeout=int(outer.seconds * 1000)))
        elif connection.savepoint_ids:
            cursor.execute(set_local(statement_timeout="DEFAULT", **dict.fromkeys(FOR_PAGES, "DEFAULT")))


def set_local(**values: object) -> str:
    return "; ".join(f"SET LOCAL {name} = {value}" for name, value in values.items())


@contextmanager
def sqlite_limit(connection: BaseDatabaseWrapper, limit: Limit, outer: Limit | None) -> Iterator[None]:
    connection.ensure_connection()
    interrupt_after(connection, limit)
    try:
        yield
    finally:
        interrupt_after(connection, outer)


def interrupt_after(connection: BaseDatabaseWrapper, limit: Limit | None) -> None:
    handler = (lambda: int(limit.is_over)) if limit else None
    connection.connection.set_progress_handler(handler, PROGRESS_STEPS)


@contextmanager
def mysql_limit(connection: BaseDatabaseWrapper, limit: Limit, outer: Limit | None) -> Iterator[None]:
    mariadb = getattr(connection, "mysql_is_mariadb", False)
    name, unit = ("max_statement_time", 1.0) if mariadb else ("max_execution_time", 1000)
    wanted, before = (type(unit)(each.seconds * unit) if each else 0 for each in (limit, outer))
    if wanted == before:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION {name} = %s", [wanted])
        try:
            yield
        finally:
            cursor.execute(f"SET SESSION {name} = %s", [before])
