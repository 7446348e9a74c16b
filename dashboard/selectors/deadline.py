"""The one place where a reading statement gets its deadline; a page says so instead of hanging."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_simple_queue.models import Task

SECONDS = 2.0
PROGRESS_STEPS = 20_000
TIMED_OUT = ("interrupted", "statement timeout", "max_statement_time", "maximum statement execution time")


class TookTooLong(Exception):
    """A statement passed its deadline; nothing is wrong with the database."""


@contextmanager
def deadline(seconds: float = SECONDS) -> Iterator[None]:
    """Let each statement in this block take ``seconds`` at most; raise TookTooLong when one takes longer."""
    connection = connections[router.db_for_read(Task)]
    limits = {"postgresql": postgresql_limit, "sqlite": sqlite_limit, "mysql": mysql_limit}
    try:
        with limits[connection.vendor](connection, seconds):
            yield
    except DatabaseError as error:
        if is_timeout(error):
            raise TookTooLong(f"A query took longer than {seconds:g} s.") from error
        raise


def is_timeout(error: Exception) -> bool:
    return isinstance(error, OperationalError) and any(words in str(error).lower() for words in TIMED_OUT)


@contextmanager
def postgresql_limit(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """To compile a statement takes longer than a page may: it is not done here."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}; SET LOCAL jit = off")
        yield
        if connection.savepoint_ids:
            cursor.execute("SET LOCAL statement_timeout = DEFAULT; SET LOCAL jit = DEFAULT")


@contextmanager
def sqlite_limit(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    end = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: int(time.monotonic() > end), PROGRESS_STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


@contextmanager
def mysql_limit(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    mariadb = getattr(connection, "mysql_is_mariadb", False)
    name, value = ("max_statement_time", seconds) if mariadb else ("max_execution_time", int(seconds * 1000))
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION {name} = %s", [value])
        try:
            yield
        finally:
            cursor.execute(f"SET SESSION {name} = 0")
