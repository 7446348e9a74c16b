"""One child as its guard sees it: what it is at, how much it writes, and how it comes to its end."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from django_simple_queue.engine import memory
from django_simple_queue.engine.board import Row
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.traces import Traces

TERM_SECONDS = 0.5
"""Between SIGTERM and SIGKILL."""
GROUP_SECONDS = 5.0
"""How long the death of a child waits for the last process of its group."""
FLOOD_BYTES = 200 * 1024 * 1024
"""What is written in a second and too much to let it go on."""
TIMEOUT, MEMORY, FENCE, ASKED = "timeout", "memory", "fence", "asked"
GUARD_LOST = "guard lost"
"""Said by the parent, when there is no guard left to say why."""


class Ward:
    """``cause`` is why the guard ended it, at which ``serial``; ``left`` the exit status once it is dead."""

    def __init__(self, pid: int, row: Row, traces: Traces) -> None:
        self.pid, self.row, self.traces, self.log = pid, row, traces, traces.log
        self.cause, self.serial = "", 0
        self.kill_at: float | None = None
        self.left: int | None = None
        self.gone_at = 0.0
        self.written, self.grows, self.floods = 0, False, False
        self.looked = 0.0
        self.trimmed_for = 0

    @property
    def busy(self) -> bool:
        return bool(self.row.serial) or self.grows or self.kill_at is not None or self.left is not None

    def look(self, now: float, log_limit: int) -> None:
        """End what is over its time; keep what it writes within bounds."""
        serial = self.row.serial
        self.trim(serial, log_limit, now)
        if self.kill_at is not None:
            if now >= self.kill_at:
                self.kill(self.cause)
        elif serial and now >= self.row.until:
            self.condemn(serial, TIMEOUT, now)
        elif serial and serial == self.row.condemned:
            self.condemn(serial, ASKED, now)

    def trim(self, serial: int, limit: int, now: float) -> None:
        """Give back the memory of what nobody will read; a flood stands still meanwhile, else it outruns us."""
        written = self.log.size
        self.grows = written != self.written
        self.floods = written - self.written > FLOOD_BYTES * (now - self.looked)
        self.written, self.looked = written, now
        if serial != self.trimmed_for:
            self.trimmed_for, self.log.trimmed = serial, 0
        if self.floods:
            self.signal(signal.SIGSTOP)
        if self.grows:
            self.log.trim(limit)
        if self.floods:
            self.signal(signal.SIGCONT)

    def weigh(self, limit: int, now: float) -> None:
        """End a run whose memory has grown far beyond what a child may keep."""
        serial = self.row.serial
        if serial and self.kill_at is None and memory.resident(self.pid) > limit:
            self.condemn(serial, MEMORY, now)

    def condemn(self, serial: int, cause: str, now: float) -> None:
        """End the run ``serial`` with all processes of its group: SIGTERM now, SIGKILL soon."""
        if self.row.condemn(serial) and self.kill_at is None:
            self.cause, self.serial = cause, serial
            self.kill_at = now + TERM_SECONDS
            self.signal(signal.SIGTERM)

    def kill(self, cause: str) -> None:
        """End the child and its process group on the spot."""
        if self.kill_at is None:
            self.cause, self.serial = cause, self.row.serial
        self.kill_at = FOREVER
        self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except PermissionError:
            return
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def bury(self, status: int, now: float) -> None:
        self.left, self.gone_at = status, now

    def is_gone(self, now: float) -> bool:
        """Tell whether nothing of a dead child's process group is left."""
        if self.left is None:
            return False
        with suppress(PermissionError):
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return True
        return now - self.gone_at > GROUP_SECONDS
