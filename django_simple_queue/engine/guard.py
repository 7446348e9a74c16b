"""The guard: a small process between parent and children. It forks them, ends them in time, and tells of their death.

It has no database and no user code, so nothing can hold it up: what the parent cannot see to while it is stopped, cut
off or dead, the guard does. It learns of the parent's death as an end of file, ends all children, and leaves.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import sys
import traceback
from collections import deque
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import NoReturn

from django_simple_queue.engine import child, clock, messages
from django_simple_queue.engine.board import Board, Row
from django_simple_queue.engine.stopping import take_note
from django_simple_queue.engine.traces import Traces
from django_simple_queue.engine.ward import ASKED, FENCE, GROUP_SECONDS, Ward

PR_SET_CHILD_SUBREAPER = 36
TICK_SECONDS = 0.02
FLOOD_TICK_SECONDS = 0.002
AWAKE_SECONDS = 1.0
"""How long the guard goes on looking after the last child has become idle."""
DOZE_SECONDS = 1.0
WEIGH_SECONDS = 0.1
REST_SECONDS = 1.0
"""Before another try after a failed fork."""
HARD_MEMORY_FACTOR = 2
"""A run is ended in the middle when its child has so many times MAX_CHILD_MEMORY_MB."""
IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes; ``memory`` None: no limit."""

    log: int
    memory: int | None


def main(link: socket.socket, board: Board, limits: Limits) -> NoReturn:
    """Serve until the parent hangs up."""
    try:
        guard = Guard(link, board, limits)
        try:
            guard.run()
        finally:
            guard.end_all()
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(0)


def adopt_orphans() -> None:
    """Let processes whose parent has died become children of this one, so that somebody collects them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def closed_by(undo: ExitStack, descriptor: int) -> int:
    undo.callback(os.close, descriptor)
    return descriptor


class Guard:
    def __init__(self, link: socket.socket, board: Board, limits: Limits) -> None:
        self.link, self.board, self.limits = link, board, limits
        self.wards: dict[int, Ward] = {}
        self.free = list(range(board.rows))
        self.due, self.birth_at = 0, 0.0
        self.unsent: deque[tuple[messages.Message, list[int]]] = deque()
        self.awake_until = self.weigh_at = 0.0
        self.orphaned = False
        self.bell, self.ringer = os.pipe()
        self.selector = selectors.DefaultSelector()
        self.detach()

    def detach(self) -> None:
        """Be out of reach of what is meant for the parent, and hear of every death below."""
        os.setsid()
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, take_note)
        for end in (self.bell, self.ringer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.ringer, warn_on_full_buffer=False)
        adopt_orphans()
        self.selector.register(self.link, selectors.EVENT_READ, self.listen)
        self.selector.register(self.bell, selectors.EVENT_READ, self.hear_bell)

    def run(self) -> None:
        while not self.orphaned:
            for key, _ in self.selector.select(self.pause(clock.now())):
                key.data()
            now = self.board.looked = clock.now()
            self.look(now)
            self.collect(now)
            self.give_birth(now)
            self.send_unsent()

    def pause(self, now: float) -> float:
        """Return how long to sleep; the parent wakes us when a child of a sleeping guard gets something to do."""
        if self.is_needed:
            self.awake_until = now + AWAKE_SECONDS
        self.board.asleep = now >= self.awake_until
        if any(ward.floods for ward in self.wards.values()):
            return FLOOD_TICK_SECONDS
        if not self.board.asleep or self.is_needed:
            return TICK_SECONDS
        return max(min(self.board.lease_until - now, DOZE_SECONDS), TICK_SECONDS)

    @property
    def is_needed(self) -> bool:
        return bool(self.due or self.unsent) or any(ward.busy for ward in self.wards.values())

    def hear_bell(self) -> None:
        os.read(self.bell, 4096)

    def listen(self) -> None:
        """Do what the parent asks."""
        try:
            message, _ = messages.receive_with_files(self.link)
        except ConnectionError:
            message = None
        if message is None:
            self.orphaned = True
            return
        self.awake_until = clock.now() + AWAKE_SECONDS
        verb, number, *details = message
        if verb == "fork":
            self.due += number
        elif (ward := self.wards.get(number)) is not None and ward.left is None:
            if verb == "end":
                ward.condemn(details[0], ASKED, clock.now())
            elif verb == "kill":
                ward.kill(ASKED)

    def look(self, now: float) -> None:
        living = [ward for ward in self.wards.values() if ward.left is None]
        if now >= self.board.lease_until:
            for ward in living:
                ward.kill(FENCE)
        for ward in living:
            ward.look(now, self.limits.log)
        if self.limits.memory and now >= self.weigh_at:
            self.weigh_at = now + WEIGH_SECONDS
            for ward in living:
                ward.weigh(self.limits.memory * HARD_MEMORY_FACTOR, now)

    def collect(self, now: float) -> None:
        """Collect the dead, orphans of children included, and tell of each child once its whole group is gone."""
        while (dead := self.next_dead()) is not None:
            pid, status = dead
            if pid in self.wards:
                self.wards[pid].bury(os.waitstatus_to_exitcode(status), now)
        for ward in [ward for ward in self.wards.values() if ward.is_gone(now)]:
            self.send(["died", ward.pid, ward.left, ward.cause, ward.serial])
            self.dismiss(ward)

    def next_dead(self) -> tuple[int, int] | None:
        """A child's process group is killed while its number cannot be anybody else's."""
        try:
            if hasattr(os, "waitid"):
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if found is None:
                    return None
                if (ward := self.wards.get(found.si_pid)) is not None:
                    ward.signal(signal.SIGKILL)
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        return (pid, status) if pid else None

    def dismiss(self, ward: Ward) -> None:
        del self.wards[ward.pid]
        ward.row.clear()
        ward.traces.close()
        self.free.append(ward.row.index)

    def give_birth(self, now: float) -> None:
        """Fork the children that are wanted; none while the lease is over."""
        while self.due and self.free and now >= self.birth_at and now < self.board.lease_until:
            try:
                self.fork()
                self.due -= 1
            except OSError as error:
                self.birth_at = now + REST_SECONDS
                self.send(["problem", f"no child can be forked, trying again: {error}"])

    def fork(self) -> None:
        row, guard = Row(self.board, self.free[-1]), os.getpid()
        with ExitStack() as undo:
            traces = undo.enter_context(closing(Traces()))
            ours, theirs = map(undo.enter_context, messages.channel())
            reader, writer = (closed_by(undo, descriptor) for descriptor in os.pipe())
            copies = [reader, *(closed_by(undo, os.dup(descriptor)) for descriptor in traces.descriptors)]
            pid = os.fork()
            undo.pop_all()
        if pid == 0:
            self.shut([ours.detach(), *copies])
            child.main(child.Ends(theirs, writer, traces, row), guard)
        os.close(writer)
        self.wards[pid] = Ward(pid, row, traces)
        self.free.pop()
        self.send(["born", pid], [ours.detach(), theirs.detach(), *copies])

    def shut(self, also: list[int]) -> None:
        """In a child: close what is the guard's and other children's, else nobody ever sees an end of file."""
        self.selector.close()
        others = [descriptor for ward in self.wards.values() for descriptor in ward.traces.descriptors]
        unsent = [descriptor for _, attached in self.unsent for descriptor in attached]
        for descriptor in [self.link.detach(), self.bell, self.ringer, *also, *others, *unsent]:
            os.close(descriptor)

    def send(self, message: messages.Message, attached: list[int] | None = None) -> None:
        self.unsent.append((message, attached or []))

    def send_unsent(self) -> None:
        """A parent that does not listen must not hold us up: what does not go out now waits."""
        while self.unsent:
            message, attached = self.unsent[0]
            try:
                messages.send_with_files(self.link, message, attached)
            except BlockingIOError:
                return
            except OSError:
                self.orphaned = True
                return
            self.unsent.popleft()
            for descriptor in attached:
                os.close(descriptor)

    def end_all(self) -> None:
        """Kill every child with its group and wait until all of it is gone."""
        for ward in self.wards.values():
            ward.kill(FENCE)
        until = clock.now() + GROUP_SECONDS
        while self.wards and clock.now() < until:
            self.collect(clock.now())
            self.selector.select(TICK_SECONDS)
