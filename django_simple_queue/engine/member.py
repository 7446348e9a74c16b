"""One child as its parent sees it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

from django_simple_queue import conf
from django_simple_queue.engine import messages
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.outbox import Entry
from django_simple_queue.engine.runs import Doom, Run
from django_simple_queue.engine.traces import Traces

TELL_SECONDS = 30.0
"""How long the receivers of an ending's signals may take."""
SUCCESSOR_RUNS = 100
"""For so many runs that a child may still be given, at most, the one that follows it is being born."""
GONE_SECONDS = 10.0
"""A guard that has not ended a child so long after it was asked to is itself at fault."""


class Member:
    """``end`` is our side of the task stream; ``other`` a copy of the child's side, from which we take back.

    ``stream`` is what the child still has to answer, in order: runs, and None for endings to tell receivers about;
    ``lately`` is how many it has answered since the last claim, and so will probably answer until the next;
    ``owed`` counts its runs of whose endings it wants to hear. A spare child is not ``on_duty`` yet, a ``retired``
    one not any more; ``leaving`` is one upon which we have hung up. The ending ``held`` is written once it is dead.
    """

    def __init__(self, pid: int, files: list[int], ask: Callable[..., None], wake: Callable[[], None]) -> None:
        end, other, self.pipe, *traces = files
        self.pid, self.ask, self.wake = pid, ask, wake
        self.end, self.other, self.traces = socket.socket(fileno=end), socket.socket(fileno=other), Traces(traces)
        self.log = self.traces.log
        self.end.setblocking(False)
        os.set_blocking(self.pipe, False)
        self.frames = messages.Frames()
        self.stream: dict[int, Run | None] = {}
        self.given = self.lately = 0
        self.worn_out_at = conf.get_max_tasks_per_child()
        self.ready = self.on_duty = self.retired = self.leaving = self.killed = False
        self.owed = 0
        self.since = 0.0
        self.gone_by: float | None = None
        self.leave_by = FOREVER
        self.held: Entry | None = None

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
        return self.gone_by is not None

    @property
    def spent(self) -> bool:
        """May be given nothing more."""
        return self.doomed or self.given >= self.worn_out_at

    @property
    def needs_successor(self) -> bool:
        return self.doomed or self.worn_out_at - self.given <= SUCCESSOR_RUNS

    @property
    def open(self) -> bool:
        """May be given more."""
        return self.on_duty and self.ready and not self.spent

    @property
    def hungry(self) -> bool:
        return self.open and not self.stream

    @property
    def may_retire(self) -> bool:
        return self.spent and not self.doomed and not self.stream

    def may_leave(self, now: float) -> bool:
        waits = self.owed and now < self.leave_by
        return self.retired and not (self.stream or waits or self.leaving)

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
            self.wake()
        self.stream[serial] = run

    def answered(self, serial: int, now: float) -> Run | None:
        self.since = now
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

    def refused(self, serial: int) -> Run | None:
        """The child is worn out and gives this run back, untouched."""
        return self.stream.pop(serial, None)

    def doom(self, doom: Doom, now: float) -> None:
        """Have the run that the child is at ended, with all that runs in its process group."""
        if self.head is not None:
            self.head.doom = doom
            self.gone_by = now + GONE_SECONDS
            self.ask("end", self.pid, self.head.serial)

    def outlive(self) -> None:
        """A run that was to be ended has ended by itself: nobody kills its child any more, which soon leaves."""
        if self.doomed and not (self.killed or self.leaving):
            self.gone_by = None
            self.worn_out_at = 0

    def replace(self, entry: Entry, now: float, holds: bool) -> None:
        """The run of ``entry`` has left something behind that ends with us.

        ``holds``: its row may be claimed once more when the ending is written, which must not be before.
        """
        self.leave_by = now + GONE_SECONDS
        if holds:
            entry.pid, entry.unreported, entry.not_before = None, True, FOREVER
            self.held = entry

    def kill(self, now: float) -> None:
        """Have the child and its process group ended on the spot."""
        self.killed = True
        self.gone_by = now + GONE_SECONDS
        self.ask("kill", self.pid)

    def dismiss(self, now: float) -> None:
        """Hang up: the child reads what is left in its queue and leaves."""
        self.retired = self.leaving = True
        self.gone_by = now + TELL_SECONDS + GONE_SECONDS
        self.end.close()

    def close(self) -> None:
        self.end.close()
        self.other.close()
        os.close(self.pipe)
        self.traces.close()
