"""The parent's side of the guard: forks it, asks it, hears from it, and ends it."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from django_simple_queue import conf
from django_simple_queue.engine import clock, guard, messages
from django_simple_queue.engine.board import Board
from django_simple_queue.engine.forks import prepare_to_fork

LEAVE_SECONDS = 10.0


class GuardLink:
    """One guard, from its fork on; in it ``shut`` closes what belongs to the parent alone."""

    def __init__(self, rows: int, shut: Callable[[], None]) -> None:
        prepare_to_fork()
        guard.adopt_orphans()
        self.board = Board(rows)
        self.end, theirs = messages.channel()
        gc.collect()
        gc.freeze()
        self.pid = os.fork()
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

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Hang up, upon which the guard ends the children and leaves."""
        self.end.close()
        if not wait_for([self.pid], LEAVE_SECONDS):
            self.kill()
            wait_for([self.pid], LEAVE_SECONDS)


def wait_for(pids: list[int], seconds: float) -> bool:
    """Collect these processes, which are ending; False when one is still there after so long."""
    until = clock.now() + seconds
    while left := [pid for pid in pids if not is_gone(pid)]:
        if clock.now() >= until:
            return False
        pids = left
        time.sleep(0.002)
    return True


def is_gone(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return not exists(pid)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def limits() -> guard.Limits:
    megabytes = conf.get_max_child_memory_mb()
    return guard.Limits(conf.get_max_log_size(), megabytes and megabytes * 1024 * 1024)
