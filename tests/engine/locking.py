"""Locks that somebody else holds while a test goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, transaction


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
