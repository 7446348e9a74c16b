"""How far a worker's claims have got, so that not each of them walks past all that was claimed before.

On PostgreSQL the entries of claimed rows stay in the index, ahead of all others, until a VACUUM comes that no open
transaction holds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django_simple_queue.engine import clock
from django_simple_queue.engine.store.records import Claimed

TIMES = 20
LONGEST_SECONDS = 1.0
"""How long a row may be passed over that comes before a bookmark: one of higher priority, or one given back."""


class Bookmark(NamedTuple):
    """The last row that was claimed, and until when claims may go on behind it."""

    priority: int
    run_after: datetime
    id: UUID
    until: float


class Bookmarks:
    """One for each queue that is claimed from by itself, and one for all queues together."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, ...], Bookmark] = {}

    def at(self, queues: Sequence[str] | None) -> Bookmark | None:
        """Return where a claim from ``queues`` may go on; None: it begins at the front."""
        mark = self.marks.get(tuple(queues or ()))
        return mark if mark and clock.now() < mark.until else None

    def put(self, queues: Sequence[str] | None, mark: Bookmark) -> None:
        """Several queues have no place in common."""
        if len(names := tuple(queues or ())) <= 1:
            self.marks[names] = mark

    def keep(self, queues: Sequence[str] | None, seconds: float) -> None:
        """Let the last one be good again: the front has been looked at, in ``seconds``, and has no more to offer."""
        if mark := self.marks.get(names := tuple(queues or ())):
            self.marks[names] = mark._replace(until=good_until(seconds))

    def drop(self) -> bool:
        """Forget all, and tell whether there were any."""
        had = bool(self.marks)
        self.marks.clear()
        return had


def behind(rows: Sequence[Claimed], last: Bookmark | None, seconds: float) -> Bookmark:
    """Return the bookmark behind ``rows``, which a claim from ``last`` on has brought in ``seconds``."""
    final = max(rows, key=Claimed.place)
    return Bookmark(final.priority, final.run_after, final.id, last.until if last else good_until(seconds))


def good_until(seconds: float) -> float:
    """Return when it is time to begin at the front again: after some times the ``seconds`` that this has taken."""
    return clock.now() + min(TIMES * seconds, LONGEST_SECONDS)
