"""What a run leaves behind in its process: timers and signal handlers, which are undone; processes and threads."""

from __future__ import annotations

import os
import resource
import selectors
import signal
import sys
import threading
import time

# The public one makes an enum of each answer: too slow to ask about every signal after every task.
from _signal import getsignal  # type: ignore[import-not-found]
from concurrent.futures import thread as executor
from types import FrameType

MOMENT_SECONDS = 0.02
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
EXECUTOR = executor._worker.__code__
WAITING = {threading.Condition.wait.__code__, selectors.DefaultSelector.select.__code__}


class Leftovers:
    """Compares this process with what it was when this was made."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.handlers = [(int(number), getsignal(number)) for number in signal.Signals]
        self.collected = resource.getrusage(resource.RUSAGE_CHILDREN)

    def clear(self) -> None:
        """Stop timers and take signals as before: neither is meant for the next run."""
        self.leave_if_copied()
        for timer in TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in self.handlers:
            if getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)

    def leave_if_copied(self) -> None:
        """End a process that the task has forked and let return: it must not speak for us."""
        if os.getpid() != self.pid:
            os._exit(0)

    def go_on(self) -> bool:
        """Tell whether a process or a thread that was started here goes on."""
        return has_children() or self.has_grandchildren() or threads_go_on()

    def has_grandchildren(self) -> bool:
        """Tell whether others are in our process group; they have come by way of a child that we have collected."""
        before, self.collected = self.collected, resource.getrusage(resource.RUSAGE_CHILDREN)
        if self.collected == before:
            return False
        try:
            others = {int(name) for name in os.listdir("/proc") if name.isdecimal()} - {self.pid}
        except OSError:
            return True  # nobody can tell
        return any(group_of(pid) == self.pid for pid in others)


def has_children() -> bool:
    """Tell whether there is a child, dead ones that nobody has collected included."""
    try:
        if hasattr(os, "waitid"):
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        else:
            os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def threads_go_on() -> bool:
    """Tell whether a thread that was started here is at work; one that is just ending is given a moment for that."""
    if not any(map(is_at_work, started_threads())):
        return False
    time.sleep(MOMENT_SECONDS)
    return any(map(is_at_work, started_threads()))


def started_threads() -> list[threading.Thread]:
    if threading.active_count() == 1:
        return []
    return [thread for thread in threading.enumerate() if thread is not threading.main_thread()]


def is_at_work(thread: threading.Thread) -> bool:
    """Tell whether ``thread`` does something, or will by itself; those of pools and error trackers wait to be asked.

    A thread without a frame is not Python's, and in none of our code.
    """
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and (isinstance(thread, threading.Timer) or not waits_to_be_asked(frame))


def waits_to_be_asked(frame: FrameType) -> bool:
    if frame.f_code is EXECUTOR:
        return bool(frame.f_locals["work_queue"].empty())
    return frame.f_code in WAITING
