"""A worker that leaves when nothing is due any more (``--burst``), and says every few seconds how far it is."""

from __future__ import annotations

from django_simple_queue.engine import clock, events
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.house import House
from django_simple_queue.engine.link import Link
from django_simple_queue.engine.options import Options
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Task

TELL_SECONDS = 5.0
PATIENCE_SECONDS = 10.0
"""How long to wait for a row whose time has come and that nobody can promote: somebody may have locked it."""


class Burst:
    """``stuck``: it has waited in vain for its last rows; all of it is idle unless ``options`` ask for a burst."""

    def __init__(self, options: Options, link: Link, house: House) -> None:
        self.options, self.link, self.house = options, link, house
        self.ripe_since = FOREVER
        self.stuck = False
        self.done = self.failed = self.told = 0
        self.told_at = clock.now()

    def is_over(self, now: float) -> bool:
        """Tell, when nothing could be claimed, whether nothing waits with its time come either."""
        ripe = self.link.ask("turn", lambda: opened().is_ripe(self.options.queues)) if self.options.burst else None
        if not ripe:
            return ripe is False
        self.house.expect(0, now)
        self.ripe_since = min(self.ripe_since, now)
        self.stuck = now >= self.ripe_since + PATIENCE_SECONDS
        return self.stuck

    def goes_on(self) -> None:
        self.ripe_since = FOREVER

    def ended(self, status: int | None) -> None:
        self.done += status in events.WORDS
        self.failed += status == Task.FAILED

    def tell(self, now: float) -> None:
        seconds = now - self.told_at
        if not self.options.burst or seconds < TELL_SECONDS:
            return
        most = events.MOST_COUNTED
        left = self.link.ask("house", lambda: opened().count_due(self.options.queues, most + 1))
        if left is not None:
            events.progress(self.done, self.failed, left, (self.done - self.told) / seconds)
        self.told, self.told_at = self.done, now
