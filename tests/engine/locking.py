"""Locks that somebody else holds while a test goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

from django_simple_queue.models import Task


@contextmanager
def held_elsewhere(lock: Callable[[], None]) -> Iterator[None]:
    """A transaction of another connection has done so, and goes on."""
    holds, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock()
                holds.set()
                assert let_go.wait(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(hold)
        assert holds.wait(30)
        try:
            yield
        finally:
            let_go.set()
        held.result(30)


@contextmanager
def locked_elsewhere(pk: UUID) -> Iterator[None]:
    """Another connection has changed the task and does not commit."""

    def lock() -> None:
        Task.objects.select_for_update().get(pk=pk)

    with held_elsewhere(lock):
        yield


@contextmanager
def table_locked_elsewhere() -> Iterator[None]:
    """Somebody alters the table, or waits until he may: no other statement on it gets through."""
    statements = {"postgresql": "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", "mysql": "LOCK TABLES {} WRITE"}

    def lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statements[connection.vendor].format(Task._meta.db_table))

    with held_elsewhere(lock):
        yield
