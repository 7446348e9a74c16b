"""SQLite on Linux: the kernel tells that the database or its write-ahead log was written to (inotify)."""

from __future__ import annotations

import ctypes
import logging
import os
import sqlite3
import sys
from typing import Any, Self

from django.db.backends.base.base import BaseDatabaseWrapper

from django_simple_queue.engine.clock import FOREVER

MODIFY, ATTRIB, MOVE_SELF, DELETE_SELF = 0x2, 0x4, 0x800, 0x400
WATCHED = MODIFY | ATTRIB | MOVE_SELF | DELETE_SELF
REST_SECONDS = 0.005
"""Between two looks while somebody writes all the time."""
LADDER = (0.0005, 0.001, 0.002, 0.004, 0.008)
"""When to look again: the write is told of before it is committed."""
LIBC = ctypes.CDLL(None)
logger = logging.getLogger("django_simple_queue.worker")


class FileBell:
    """A write may be anybody's, our own too; ``PRAGMA data_version`` says whether another connection committed."""

    def __init__(self, connection: Any, path: str, inotify: int) -> None:
        self.connection, self.paths, self.inotify = connection, (path, f"{path}-wal"), inotify
        self.version = self.data_version()
        self.written = False
        self.look_at = FOREVER
        self.looks = 0
        self.rang_at = 0.0

    @classmethod
    def on(cls, connection: BaseDatabaseWrapper) -> Self | None:
        """Watch the file behind ``connection``; None where that cannot be done."""
        connection.ensure_connection()
        with connection.wrap_database_errors:
            _, _, path = connection.connection.execute("PRAGMA database_list").fetchone()
        if not path or sys.platform != "linux":
            return None
        inotify = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if inotify < 0:
            return None
        bell = cls(connection.connection, path, inotify)
        if bell.watch():
            return bell
        bell.close()
        logger.info("the system does not tell of writes to %s (fs.inotify.max_user_watches?): this worker polls", path)
        return None

    def watch(self) -> bool:
        """Watch both files, and tell whether that is granted for those that there are.

        One that is watched already stays so, one that was replaced is watched anew.
        """
        there = [os.fsencode(path) for path in self.paths if os.path.exists(path)]
        return min((LIBC.inotify_add_watch(self.inotify, path, WATCHED) for path in there), default=-1) >= 0

    def fileno(self) -> int:
        return self.inotify

    def read(self) -> None:
        try:
            while os.read(self.inotify, 64 * 1024):
                self.written = True
        except BlockingIOError:
            self.watch()

    def heard(self, now: float) -> tuple[bool, bool]:
        """Look after a write, and a few times more while nothing is committed."""
        if self.written:
            self.written, self.looks, self.look_at = False, 0, max(now, self.rang_at + REST_SECONDS)
        if now < self.look_at:
            return False, False
        if (version := self.data_version()) != self.version:
            self.version, self.look_at, self.rang_at = version, FOREVER, now
            return True, False
        self.look_at = now + LADDER[self.looks] if self.looks < len(LADDER) else FOREVER
        self.looks += 1
        return False, False

    def data_version(self) -> int | None:
        """Return what changes with every commit of others; None, which rings, when the database cannot tell.

        What is wrong then comes out at the question that follows.
        """
        try:
            return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        os.close(self.inotify)
