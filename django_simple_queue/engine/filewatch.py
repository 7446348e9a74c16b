"""SQLite on Linux: the kernel tells that the database or its write-ahead log was written to (inotify)."""

from __future__ import annotations

import ctypes
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


class FileBell:
    """A write may be anybody's, our own too; ``PRAGMA data_version`` says whether another connection committed."""

    def __init__(self, connection: Any, path: str, inotify: int) -> None:
        self.connection, self.paths, self.inotify = connection, (path, f"{path}-wal"), inotify
        self.version = self.data_version()
        self.written = False
        self.look_at = FOREVER
        self.looks = 0
        self.rang_at = 0.0
        self.watch()

    @classmethod
    def on(cls, connection: BaseDatabaseWrapper) -> Self | None:
        """Watch the file behind ``connection``; None where that cannot be done."""
        connection.ensure_connection()
        with connection.wrap_database_errors:
            _, _, path = connection.connection.execute("PRAGMA database_list").fetchone()
        if not path or sys.platform != "linux":
            return None
        inotify = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        return None if inotify < 0 else cls(connection.connection, path, inotify)

    def watch(self) -> None:
        """Watch both files; one that is watched already stays so, one that was replaced is watched anew."""
        for path in self.paths:
            LIBC.inotify_add_watch(self.inotify, os.fsencode(path), WATCHED)

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
