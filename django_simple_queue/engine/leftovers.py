"""What a run leaves behind in its process: timers and signal handlers, which are undone; processes and threads."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading

# The public one makes an enum of each answer: too slow to ask about every signal after every task.
from _signal import getsignal  # type: ignore[import-not-found]
from collections.abc import Iterator

from django_simple_queue.engine import threads

TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
SERVANTS = {
    "multiprocessing.resource_tracker": ("_resource_tracker", "_pid"),
    "multiprocessing.forkserver": ("_forkserver", "_forkserver_pid"),
}
"""Where multiprocessing keeps the process that it starts once and for all, by module."""


class Leftovers:
    """Compares this process with what it was when this was made."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.threads = frozenset(threading.enumerate())
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

    def what_goes_on(self) -> str:
        """Return the name of something that was started here and goes on; "" when nothing does."""
        return self.process() or ", ".join(f"thread {each.name!r:.100}" for each in threads.at_work(self.threads)[:3])

    def process(self) -> str:
        """Return the name of a child, or of another one in our process group: it has come by way of a child.

        The servants of multiprocessing do not count; they end when we do.
        """
        before, self.collected = self.collected, resource.getrusage(resource.RUSAGE_CHILDREN)
        is_parent = has_children()
        if not is_parent and self.collected == before:
            return ""
        try:
            left = {*group(self.pid), *(children() if is_parent else ())} - {self.pid, *servants()}
        except OSError:
            return "a process"  # nobody can tell
        return f"process {min(left)}{has_ended(min(left))}" if left else ""


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


def children() -> Iterator[int]:
    """Yield our children; each is listed with the thread that has forked it."""
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/children") as pids:
            yield from map(int, pids.read().split())


def group(leader: int) -> Iterator[int]:
    return (pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if group_of(pid) == leader)


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def servants() -> Iterator[int]:
    """Yield the processes that multiprocessing keeps for whoever needs them next."""
    for module, (servant, pid) in SERVANTS.items():
        if module in sys.modules:
            yield getattr(getattr(sys.modules[module], servant, None), pid, None) or 0


def has_ended(pid: int) -> str:
    """Return what to add to the name of a child that is dead and was not waited for."""
    try:
        dead = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return ""
    return " (ended, not waited for)" if dead else ""
