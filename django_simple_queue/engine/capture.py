"""What a run prints and logs, its subprocesses included: a file in memory per child that outlives it."""

from __future__ import annotations

import ctypes
import fcntl
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django_simple_queue import conf
from django_simple_queue.engine.messages import anonymous_file
from django_simple_queue.text import cut_bytes, storable

STANDARD = (1, 2)
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
KEEP_SIZE, PUNCH_HOLE = 1, 2
TRIM_BYTES = 8 * 1024 * 1024
"""How much a process may print until it trims by itself."""


class LogFile:
    """Append-only: a subprocess that goes on writing after a truncation must not leave a hole."""

    def __init__(self, name: str = "simple-queue-log", fd: int | None = None) -> None:
        """Make a new file, or take over ``fd``, the descriptor of one that another process has made."""
        self.fd = anonymous_file(name) if fd is None else fd
        fcntl.fcntl(self.fd, fcntl.F_SETFL, fcntl.fcntl(self.fd, fcntl.F_GETFL) | os.O_APPEND)
        self.trimmed = 0

    @property
    def size(self) -> int:
        return os.fstat(self.fd).st_size

    def clear(self) -> None:
        os.ftruncate(self.fd, 0)
        self.trimmed = 0

    def read(self, limit: int) -> str:
        """Return head and tail of what was written, at most ``limit`` bytes, valid text."""
        size = self.size
        if not size:
            return ""
        if size <= limit:
            data = os.pread(self.fd, limit, 0)
        else:
            ends = os.pread(self.fd, limit, 0) + os.pread(self.fd, limit, max(size - limit, limit))
            data = cut_bytes(ends, limit, size - limit)
        return storable(data.decode("utf-8", "replace"), limit)

    def trim(self, limit: int) -> None:
        """Give back the memory of what nobody will read: all but ``limit`` bytes at either end."""
        size = self.size
        start, end = max(limit, self.trimmed if self.trimmed < size else 0), size - limit
        if end - start > limit:
            punch_hole(self.fd, start, end - start)
            self.trimmed = end

    def close(self) -> None:
        os.close(self.fd)


def punch_hole(file: int, start: int, length: int) -> None:
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)
    if fallocate is not None:
        fallocate(file, PUNCH_HOLE | KEEP_SIZE, ctypes.c_int64(start), ctypes.c_int64(length))


class Capture:
    """Sends this process's stdout, stderr and logging to a LogFile, whoever writes: Python, C or a subprocess."""

    def __init__(self, log: LogFile) -> None:
        self.log = log
        self.terminal = os.dup(2)
        self.limit = conf.get_max_log_size()
        self.streams = self.opened()
        self.point_at(log.fd)
        if not any(map(writes_to_standard_stream, logging.root.handlers)):
            log_to_standard_error()

    def begin(self) -> None:
        """Start with an empty file, whatever the run before did to the streams."""
        self.log.clear()
        self.point_at(self.log.fd)

    def end(self, limit: int) -> str:
        """Return what was written since ``begin``, at most ``limit`` bytes."""
        self.flush()
        return self.log.read(limit)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let what is written in this block reach the worker's own stderr."""
        self.flush()
        self.point_at(self.terminal)
        try:
            yield
        finally:
            self.flush()
            self.point_at(self.log.fd)

    def point_at(self, file: int) -> None:
        for stream in STANDARD:
            os.dup2(file, stream)
        if any(stream.closed for stream in self.streams):
            self.streams = self.opened()
        sys.stdout, sys.stderr = self.streams

    def opened(self) -> tuple[io.TextIOWrapper, ...]:
        return tuple(text_stream(StandardStream(stream, self.log, self.limit)) for stream in STANDARD)

    def flush(self) -> None:
        for stream in (sys.stdout, *self.streams):
            with suppress(Exception):
                stream.flush()


class StandardStream(io.FileIO):
    """Where this process writes by itself it also trims: it may print a gigabyte before the guard has its turn."""

    def __init__(self, descriptor: int, log: LogFile, limit: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.log, self.limit, self.untrimmed = log, limit, 0

    def write(self, data: Any) -> int:
        written = io.FileIO.write(self, data)
        self.untrimmed += written or 0
        if self.untrimmed > TRIM_BYTES:
            self.untrimmed = 0
            self.log.trim(self.limit)
        return written


def text_stream(raw: io.RawIOBase) -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True)
    stream.mode = "w"  # type: ignore[misc]  # as open() does
    return stream


def writes_to_standard_stream(handler: logging.Handler) -> bool:
    try:
        return handler.stream.fileno() in STANDARD  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False


def log_to_standard_error() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LINE))
    if not logging.root.handlers and logging.root.level == logging.WARNING:
        logging.root.setLevel(logging.INFO)
    logging.root.addHandler(handler)
