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
    """``stuck`` is how many rows it has waited for in vain; all of it is idle unless ``options`` ask for a burst."""

    def __init__(self, options: Options, link: Link, house: House) -> None:
        self.options, self.link, self.house = options, link, house
        self.ripe_since = FOREVER
        self.stuck = 0
        self.done = self.failed = self.told = 0
        self.told_at = clock.now()

    def is_over(self, now: float) -> bool:
        """Tell, when nothing could be claimed, whether nothing waits with its time come either."""
        seen = self.link.ask("turn", lambda: opened().look(self.options.queues)) if self.options.burst else None
        if seen is None:
            return False
        if seen.wait is None or seen.wait > 0:
            return True
        self.house.expect(seen.wait, now)
        self.ripe_since = min(self.ripe_since, now)
        self.stuck = int(now >= self.ripe_since + PATIENCE_SECONDS)
        return bool(self.stuck)

    def goes_on(self) -> None:
        self.ripe_since = FOREVER

    def ended(self, status: int | None) -> None:
        self.done += status in events.WORDS
        self.failed += status == Task.FAILED

    def tell(self, now: float) -> None:
        seconds = now - self.told_at
        if not self.options.burst or seconds < TELL_SECONDS:
            return
        left = self.link.ask("house", lambda: opened().count_due(self.options.queues))
        if left is not None:
            events.progress(self.done, self.failed, left, (self.done - self.told) / seconds)
        self.told, self.told_at = self.done, now
