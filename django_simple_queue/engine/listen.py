"""PostgreSQL: LISTEN on the worker's own connection."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from django_simple_queue import wake
from django_simple_queue.engine.clock import FOREVER

logger = logging.getLogger("django_simple_queue.worker")


class ListenBell:
    look_at = FOREVER

    def __init__(self, connection: Any, queues: Sequence[str]) -> None:
        self.connection, self.queues = connection, queues
        self.work = self.cancel = False

    @classmethod
    def on(cls, connection: BaseDatabaseWrapper, queues: Sequence[str]) -> Self | None:
        """Listen; None where that is of no use: behind a pooler that gives every transaction another session."""
        connection.ensure_connection()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT PG_BACKEND_PID()")
                if cursor.fetchone() != (connection.connection.info.backend_pid,):
                    logger.info("a pooler stands before the database, which cannot wake this worker: it polls")
                    return None
                cursor.execute(f"LISTEN {wake.WORK}")
                cursor.execute(f"LISTEN {wake.CANCEL}")
        except Error as error:
            logger.info("the database cannot wake this worker, which polls: %s", error)
            return None
        bell = cls(connection.connection, queues)
        bell.connection.add_notify_handler(bell.note)
        return bell

    def fileno(self) -> int:
        return int(self.connection.fileno())

    def note(self, notification: Any) -> None:
        if notification.channel == wake.CANCEL:
            self.cancel = True
        elif not (self.queues and notification.payload) or notification.payload in self.queues:
            self.work = True

    def read(self) -> None:
        """Take in what the server sent unasked; of a connection that broke the next use will tell, which is now."""
        try:
            self.connection.pgconn.consume_input()
        except Exception:
            self.work = self.cancel = True
            return
        self.take()

    def take(self) -> None:
        """Hear what came along with an answer as well: the selector does not tell of it."""
        while (found := self.connection.pgconn.notifies()) is not None:
            self.note(Heard(found))

    def heard(self, now: float) -> tuple[bool, bool]:
        if not self.connection.closed:
            self.take()
        heard, self.work, self.cancel = (self.work, self.cancel), False, False
        return heard

    def close(self) -> None:
        with suppress(ValueError):
            self.connection.remove_notify_handler(self.note)


class Heard:
    """A notification as libpq hands it out."""

    def __init__(self, found: Any) -> None:
        self.channel, self.payload = found.relname.decode(), found.extra.decode()
