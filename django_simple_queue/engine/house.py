"""When a worker keeps house: about once a second, sooner while there is more to do and when the time of a row comes."""

from __future__ import annotations

import random
from uuid import UUID

from django_simple_queue.engine import clock, janitor
from django_simple_queue.engine.farewell import LAST_WORDS_SECONDS
from django_simple_queue.engine.lease import Lease
from django_simple_queue.engine.link import Link

HOUSE_SECONDS, BUSY_HOUSE_SECONDS = 1.0, 0.2
TICK_SECONDS = 0.001
"""How exactly SQLite tells the time."""


class House:
    def __init__(self, worker: UUID, link: Link, lease: Lease) -> None:
        self.worker, self.link, self.lease = worker, link, lease
        self.due_at = 0.0

    def keep(self, now: float) -> janitor.Tick | None:
        """Do the chores; None when that was not to be had: it is tried again."""
        self.due_at = now + HOUSE_SECONDS * random.uniform(0.9, 1.1)  # noqa: S311
        tick = self.link.ask("house", lambda: janitor.tick(self.worker, reaps=self.may_reap(now)))
        if tick is not None:
            if tick.busy:
                self.due_at = clock.now() + BUSY_HOUSE_SECONDS
            self.expect(tick.wait, now)
        return tick

    def may_reap(self, now: float) -> bool:
        """After an outage others may have something to say before they are declared lost, and so may we."""
        return not (self.link.is_down or self.lease.is_over or now < self.link.back_since + LAST_WORDS_SECONDS)

    def expect(self, wait: float | None, now: float) -> None:
        """Keep house when the time of the next row has come, if that is in ``wait`` seconds."""
        if wait is not None:
            self.due_at = min(self.due_at, now + max(wait, 0) + TICK_SECONDS)
