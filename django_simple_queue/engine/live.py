"""Shows in its row what a run that takes a while has written, handed over and reported so far."""

from __future__ import annotations

from collections.abc import Callable

from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.pool import Pool
from django_simple_queue.engine.runs import Run
from django_simple_queue.engine.store import Glimpse, Key
from django_simple_queue.reporting import Progress

LONG_SECONDS = 0.25
"""A run that ends sooner is shown when it has ended."""
EVERY_SECONDS = 0.5
TEXT_BYTES = 64 * 1024
"""Of a text that grows, head and tail are shown; all of it is kept at the end."""
Marks = tuple[int, int, Progress | None]
NOTHING: Marks = (0, 0, None)


class Live:
    """``hear`` reads what a child has to say; ``seen`` is what the rows show already."""

    def __init__(self, pool: Pool, hear: Callable[[Member], None]) -> None:
        self.pool, self.hear = pool, hear
        self.seen: dict[Key, Marks] = {}
        self.next_at = 0.0

    def due_at(self) -> float:
        """Return when a run that goes on will be worth a look."""
        began = min((member.since for member in self.pool if member.head is not None), default=FOREVER)
        return max(self.next_at, began + LONG_SECONDS)

    def look(self, now: float) -> list[Glimpse]:
        """Return what is new since the last look."""
        self.next_at = now + EVERY_SECONDS
        before, self.seen = self.seen, {}
        heads = [(member, member.head) for member in self.pool if now - member.since >= LONG_SECONDS]
        looks = (self.look_at(member, run, before) for member, run in heads if run is not None)
        return [glimpse for glimpse in looks if glimpse is not None]

    def look_at(self, member: Member, run: Run, before: dict[Key, Marks]) -> Glimpse | None:
        traces = member.traces
        marks = (traces.log.size, traces.output.size, traces.progress.read())
        shown = None
        if marks != before.get(run.key, NOTHING):
            shown = traces.read(TEXT_BYTES, TEXT_BYTES)
            self.hear(member)
            if member.head is not run:  # it has ended: the next one may have written what was read
                return None
        self.seen[run.key] = marks
        return shown and Glimpse(*run.key, shown.output, shown.log or None, shown.progress)

    def forget(self) -> None:
        """The last look did not reach the rows."""
        self.seen.clear()
