"""Our lease: renewed every third of it. The guard has the children dead before it ends; here the parent is freed."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django_simple_queue import conf
from django_simple_queue.engine import clock, memory, store
from django_simple_queue.engine.link import Link
from django_simple_queue.engine.pool import Pool
from django_simple_queue.models import Worker

LOOK_SECONDS = 1.0
"""How often cancellations are read while something runs for longer than that."""
AGAIN_SECONDS = 1.0
"""Between two alarms, in case that the first hit a moment in which nothing could be interrupted."""


class Lease:
    """The guard of ``pool`` lets children live until ``deadline``; an alarm ends a wait for the database before."""

    def __init__(self, worker: Worker, pool: Pool, link: Link) -> None:
        self.worker, self.pool, self.link = worker, pool, link
        self.seconds = conf.get_lease_seconds()
        self.renewed_at = clock.now()
        self.renew_at = self.weigh_at = 0.0
        self.is_given_up = False

    @property
    def deadline(self) -> float:
        return self.renewed_at + self.seconds * 5 / 6

    @property
    def is_over(self) -> bool:
        return clock.now() >= self.deadline

    def renew(self) -> store.Renewal:
        """Extend the lease on the database, and return what it covers; raises LeaseLost."""
        asked_at = clock.now()
        store.renew(self.worker.id, self.weighed(asked_at))
        self.moved(asked_at)
        return store.covered(self.worker.id)

    def weighed(self, now: float) -> int | None:
        """Return the memory of all our processes, at most every third of the lease: it is slow to find out."""
        if now < self.weigh_at:
            return None
        self.weigh_at = now + self.seconds / 4
        memory.give_back()
        return memory.together([os.getpid(), *self.pool.processes])

    def moved(self, at: float) -> None:
        """The lease runs from ``at`` on: taken before the question, so that ours always ends first."""
        self.renewed_at = at
        self.renew_at = at + self.seconds / 3 * random.uniform(0.9, 1.0)  # noqa: S311
        self.pool.extend(self.deadline)
        self.arm()

    def due_at(self, something_runs_long: bool) -> float:
        return min(self.renew_at, self.renewed_at + LOOK_SECONDS) if something_runs_long else self.renew_at

    @property
    def patient_until(self) -> float:
        """When no question is waited for any more: children that end must be heard while they are let live."""
        return self.renewed_at + self.seconds * 2 / 3

    def arm(self) -> None:
        """An alarm interrupts even a parent that waits for a database that does not answer."""
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, max(self.patient_until - clock.now(), 0.001))

    @contextmanager
    def last_chance(self, seconds: float) -> Iterator[None]:
        """Whatever is left of the lease, let the database be asked something, for so long at most."""
        self.is_given_up = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
        self.disarm()

    def disarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, number: int, frame: FrameType | None) -> None:
        """From then on nothing hurries any more: a question may take as long as between two renewals."""
        if clock.now() < self.patient_until and not self.is_given_up:
            self.arm()
            return
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        self.link.give_up(0.0 if self.is_given_up else self.seconds / 3)
