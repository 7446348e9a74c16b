"""One child as its parent sees it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress

from django_simple_queue import conf
from django_simple_queue.engine import messages
from django_simple_queue.engine.runs import Doom, Run
from django_simple_queue.engine.traces import Traces

TERM_SECONDS = 0.5
"""Between SIGTERM and SIGKILL."""
TELL_SECONDS = 30.0
"""How long the receivers of an ending's signals may take."""


class Member:
    """``end`` is our side of the task stream; ``other`` a copy of the child's side, from which we take back.

    ``stream`` is what the child still has to answer, in order: runs, and None for endings to tell receivers about;
    ``lately`` is how many it has answered since the last claim, and so will probably answer until the next.
    """

    def __init__(self, end: socket.socket, other: socket.socket, pipe: int, traces: Traces, pid: int) -> None:
        self.end, self.other, self.pipe, self.traces, self.pid = end, other, pipe, traces, pid
        self.log = traces.log
        self.frames = messages.Frames()
        self.stream: dict[int, Run | None] = {}
        self.given = self.lately = 0
        self.worn_out_at = conf.get_max_tasks_per_child()
        self.ready = False
        self.leaving = False
        self.since = 0.0
        self.kill_at: float | None = None
        self.hears_failures = False

    @property
    def descriptors(self) -> list[int]:
        return [self.end.fileno(), self.other.fileno(), self.pipe, *self.traces.descriptors]

    @property
    def head(self) -> Run | None:
        """The run that the child is at, unless it tells receivers about an earlier one."""
        return next(iter(self.stream.values()), None)

    @property
    def runs(self) -> list[Run]:
        return [run for run in self.stream.values() if run is not None]

    @property
    def telling(self) -> bool:
        return None in self.stream.values()

    @property
    def doomed(self) -> bool:
        return self.kill_at is not None

    @property
    def open(self) -> bool:
        """May be given more."""
        return self.kill_at is None and self.given < self.worn_out_at

    @property
    def hungry(self) -> bool:
        return self.open and not self.stream

    @property
    def worn_out(self) -> bool:
        return self.kill_at is None and not self.stream and self.given >= self.worn_out_at

    def give(self, run: Run, now: float) -> bool:
        """Send ``run``; False when the child's queue is full."""
        if not messages.send_packet(self.end, run.packet()):
            return False
        self.expect(run.serial, run, now)
        self.given += 1
        return True

    def tell(self, serial: int, message: messages.Message, now: float) -> None:
        """Have the child tell its receivers of an ending; best effort."""
        with suppress(OSError):
            if messages.send_packet(self.end, message):
                self.expect(serial, None, now)

    def expect(self, serial: int, run: Run | None, now: float) -> None:
        if not self.stream:
            self.since = now
            self.log.trimmed = 0
        self.stream[serial] = run

    def answered(self, serial: int, now: float) -> Run | None:
        self.since = now
        self.log.trimmed = 0
        self.lately += 1
        return self.stream.pop(serial, None)

    def take_back(self) -> list[Run]:
        """Return the runs that the child has not begun to read; the kernel gives each packet to one reader only."""
        unread = list(self.unread())
        for message in unread:
            if message[0] != "run":
                with suppress(OSError):
                    messages.send_packet(self.end, message)
        taken = [self.stream.pop(message[1]) for message in unread if message[0] == "run"]
        self.given -= len(taken)
        return [run for run in taken if run is not None]

    def unread(self) -> Iterator[messages.Message]:
        with suppress(BlockingIOError):
            while messages.CAN_TAKE_BACK:
                message = messages.receive_packet(self.other, socket.MSG_DONTWAIT)
                if message is None:
                    return
                yield message

    def doom(self, doom: Doom, now: float) -> None:
        """End the child and all that runs in its process group: SIGTERM now, SIGKILL soon."""
        if self.head is not None:
            self.head.doom = doom
        self.kill_at = now + TERM_SECONDS
        self.signal(signal.SIGTERM)

    def kill(self, doom: Doom | None = None) -> None:
        """End the child and its process group on the spot."""
        if self.head is not None and self.head.doom is None:
            self.head.doom = doom
        self.kill_at = float("inf")
        self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def dismiss(self, now: float) -> None:
        """Hang up: the child reads what is left in its queue and leaves."""
        self.leaving = True
        self.kill_at = now + TELL_SECONDS + TERM_SECONDS
        self.end.close()

    def close(self) -> None:
        self.end.close()
        self.other.close()
        os.close(self.pipe)
        self.traces.close()
