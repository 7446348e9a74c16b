"""What a run leaves behind even when it is killed, in memory that its parent can read at any time."""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import NamedTuple

from django_simple_queue.engine.capture import LogFile
from django_simple_queue.engine.messages import anonymous_file, write_all
from django_simple_queue.reporting import Progress

STAMP = struct.Struct("!II")


class OutputFile(LogFile):
    """What a run has handed over so far; the child that writes it also keeps it within bounds."""

    def __init__(self, fd: int | None = None) -> None:
        super().__init__("simple-queue-output", fd)
        self.written = 0

    def clear(self) -> None:
        if self.written:
            self.written = 0
            super().clear()

    def add(self, text: str, limit: int) -> None:
        data = text.encode("utf-8", "replace")
        write_all(self.fd, data)
        self.written += len(data)
        if self.written - self.trimmed > 3 * limit:
            self.trim(limit)


class ProgressPage:
    """Shared memory for the latest Progress; a state that is read while it is written is passed over."""

    def __init__(self, fd: int | None = None) -> None:
        self.fd = anonymous_file("simple-queue-progress") if fd is None else fd
        try:
            os.ftruncate(self.fd, mmap.PAGESIZE)
            self.memory = mmap.mmap(self.fd, mmap.PAGESIZE)
        except OSError:
            os.close(self.fd)
            raise

    def write(self, state: Progress) -> None:
        payload = json.dumps(state).encode()
        self.memory[: STAMP.size + len(payload)] = STAMP.pack(len(payload), zlib.crc32(payload)) + payload

    def read(self) -> Progress | None:
        length, checksum = STAMP.unpack_from(self.memory)
        payload = self.memory[STAMP.size : STAMP.size + length]
        return Progress(*json.loads(payload)) if length and zlib.crc32(payload) == checksum else None

    def clear(self) -> None:
        self.memory[: STAMP.size] = bytes(STAMP.size)

    def close(self) -> None:
        self.memory.close()
        os.close(self.fd)


class Shown(NamedTuple):
    """What a run has shown so far; ``output`` is None when it has handed over nothing."""

    output: str | None
    log: str
    progress: Progress | None


class Traces:
    """What one child's run has shown so far: what it wrote, what it handed over, and how far it has come.

    ``files``, if given, are the descriptors of what another process has made.
    """

    def __init__(self, files: Sequence[int] | None = None) -> None:
        log, output, progress = files or (None, None, None)
        with ExitStack() as undo:
            self.log = undo.enter_context(closing(LogFile(fd=log)))
            self.output = undo.enter_context(closing(OutputFile(output)))
            self.progress = ProgressPage(progress)
            undo.pop_all()

    @property
    def descriptors(self) -> list[int]:
        return [self.log.fd, self.output.fd, self.progress.fd]

    def begin(self) -> None:
        """Forget the run before, but for its log, which Capture begins anew."""
        self.output.clear()
        self.progress.clear()

    def read(self, log_limit: int, output_limit: int) -> Shown:
        """Return what there is now, each text in at most so many bytes."""
        return Shown(self.output.read(output_limit) or None, self.log.read(log_limit), self.progress.read())

    def close(self) -> None:
        self.log.close()
        self.output.close()
        self.progress.close()
