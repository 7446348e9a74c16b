"""The parent's side of the guard: forks it, asks it, hears from it, and ends it."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress

from django_simple_queue import conf
from django_simple_queue.engine import clock, guard, messages
from django_simple_queue.engine.board import Board
from django_simple_queue.engine.forks import prepare_to_fork

logger = logging.getLogger("django_simple_queue.worker")
LEAVE_SECONDS = 10.0
LOOK_SECONDS = 0.002
SILENT_SECONDS, HOPELESS_SECONDS = 4.0, 10.0
"""After which a guard that looks at nothing is trusted with nothing more, and ended."""


class GuardLink:
    """One guard, from its fork on; in it ``shut`` closes what belongs to the parent alone."""

    def __init__(self, rows: int, shut: Callable[[], None]) -> None:
        prepare_to_fork()
        guard.adopt_orphans()
        self.board = Board(rows)
        self.looked, self.seen_at = 0.0, clock.now()
        with ExitStack() as undo:
            self.end, theirs = map(undo.enter_context, messages.channel())
            gc.collect()
            gc.freeze()
            self.pid = os.fork()
            undo.pop_all()
        if self.pid == 0:
            self.end.close()
            shut()
            theirs.setblocking(False)
            guard.main(theirs, self.board, limits())
        theirs.close()
        self.end.setblocking(False)

    def ask(self, verb: str, number: int, *details: int) -> None:
        """Ask the guard for something; one that is gone is noticed when it is listened to."""
        with suppress(OSError):
            messages.send_with_files(self.end, [verb, number, *details], [])

    def wake(self) -> None:
        """Have the guard look at the board, if it sleeps."""
        if self.board.asleep:
            self.board.asleep = False
            self.ask("look", 0)

    def messages(self) -> Iterator[tuple[messages.Message, list[int]]]:
        """Yield what the guard has said; raises EOFError when it is gone."""
        try:
            while True:
                message, files = messages.receive_with_files(self.end)
                if message is None:
                    raise EOFError
                yield message, files
        except BlockingIOError:
            return
        except ConnectionError:
            raise EOFError from None

    def silent_for(self, now: float) -> float:
        """Return for how many seconds the guard has not been seen to look; it does so once a second at least.

        As seen from here: after both of us have stood still, its last look is old and says nothing.
        """
        if self.board.looked != self.looked:
            self.looked, self.seen_at = self.board.looked, now
        return now - self.seen_at

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Hang up, upon which the guard ends the children and leaves, and wait until it has."""
        self.end.close()
        until = clock.now() + LEAVE_SECONDS
        while not has_left(self.pid):
            if clock.now() > until:
                self.kill()
            if clock.now() > until + LEAVE_SECONDS:
                logger.error("the guard (PID %d) cannot be ended, leaving it to the system", self.pid)
                return
            time.sleep(LOOK_SECONDS)


def has_left(pid: int) -> bool:
    """Tell whether a child of ours has left, and collect it."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def end_groups(leaders: Iterable[int], seconds: float) -> None:
    """Kill process groups that have lost their guard; return once they are gone, or after so many seconds."""
    until = clock.now() + seconds
    while (leaders := [pid for pid in leaders if kill_group(pid)]) and clock.now() < until:
        collect_adopted()
        time.sleep(LOOK_SECONDS)


def kill_group(leader: int) -> bool:
    """Tell whether there was something to kill."""
    with suppress(PermissionError):
        try:
            os.killpg(leader, signal.SIGKILL)
        except ProcessLookupError:
            return False
    return True


def collect_adopted(guard: int = 0) -> None:
    """Collect the dead that a lost guard has left to us, but not ``guard``, whose last words may not have been read."""
    if sys.platform == "linux":
        with suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and found.si_pid != guard:
                os.waitpid(found.si_pid, 0)


def limits() -> guard.Limits:
    megabytes = conf.get_max_child_memory_mb()
    return guard.Limits(conf.get_max_log_size(), megabytes and megabytes * 1024 * 1024)
