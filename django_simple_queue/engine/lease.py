"""Our lease: renewed every third of it; when that fails, children are dead before it ends (self-fencing)."""

from __future__ import annotations

import random
import resource
import signal
import sys
from collections.abc import Callable
from types import FrameType
from uuid import UUID

from django_simple_queue import conf
from django_simple_queue.engine import clock, store

LOOK_SECONDS = 1.0
"""How often cancellations are read while something runs for longer than that."""


AGAIN_SECONDS = 1.0
"""Between two calls of the fence, in case that the first hit a moment in which nothing could be interrupted."""


class Lease:
    """``fence`` is called when the lease is about to end, even while the parent waits for the database."""

    def __init__(self, worker: UUID, fence: Callable[[], None]) -> None:
        self.worker = worker
        self.fence = fence
        self.seconds = conf.get_lease_seconds()
        self.renewed_at = clock.now()
        self.renew_at = 0.0

    @property
    def deadline(self) -> float:
        return self.renewed_at + self.seconds * 5 / 6

    @property
    def is_over(self) -> bool:
        return clock.now() >= self.deadline

    def renew(self) -> store.Renewal:
        """Extend the lease on the database; raises LeaseLost."""
        asked_at = clock.now()
        renewal = store.renew(self.worker, memory())
        self.moved(asked_at)
        return renewal

    def moved(self, at: float) -> None:
        """The lease runs from ``at`` on: taken before the question, so that ours always ends first."""
        self.renewed_at = at
        self.renew_at = at + self.seconds / 3 * random.uniform(0.9, 1.0)  # noqa: S311
        self.arm()

    def due_at(self, something_runs_long: bool) -> float:
        return min(self.renew_at, self.renewed_at + LOOK_SECONDS) if something_runs_long else self.renew_at

    def arm(self) -> None:
        """An alarm interrupts even a parent that waits for a database that does not answer."""
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, max(self.deadline - clock.now(), 0.001))

    def disarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, number: int, frame: FrameType | None) -> None:
        if not self.is_over:
            self.arm()
            return
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        self.fence()


def memory() -> int:
    """Return the parent's memory in bytes (its peak, where the system does not tell the present)."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
