"""What no index finds in the order of the list: a walk through its rows in chunks, which says how far it came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import ngettext

from dashboard.filters import TaskFilter
from dashboard.formats import number
from dashboard.selectors.keyset import ALL, Cursor, Order
from dashboard.selectors.needles import Needles
from dashboard.selectors.rows import light
from django_simple_queue.models import Task

FIRST_CHUNK, MOST_CHUNKS, LONGEST_WALK = 5_000, 2, 100_000
HITS = 50
SECONDS, SECONDS_WITHOUT_TEXT = 0.3, 0.03
LEEWAY = 0.1
READ_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a walk came: to the end of the list when ``cursor`` is None, else down to ``moment``.

    ``filled`` says that it ended because it had found enough; of ``unread`` tasks nobody knows whether they match.
    """

    cursor: Cursor | None
    moment: datetime | None = None
    filled: bool = False
    unread: int = 0

    @property
    def unread_words(self) -> str:
        return unread_words(self.unread)


def unread_words(count: int) -> str:
    """Say how many tasks have texts that are too long to be looked into, "" when none has."""
    said = ngettext(
        "%(count)s task with very long arguments or a very long error was not looked into.",
        "%(count)s tasks with very long arguments or errors were not looked into.",
        count,
    )
    return said % {"count": number(count)} if count else ""


@dataclass(slots=True)
class Walk:
    """One walk through the list, from ``reach`` on, until ``wanted`` rows are found or the time is up."""

    filters: TaskFilter
    order: Order
    needles: Needles
    wanted: int
    reach: Reach
    end: float
    inclusive: bool
    unread: int = 0

    def hits(self) -> list[Any]:
        found: list[Any] = []
        size, left = FIRST_CHUNK, LONGEST_WALK
        for _ in range(MOST_CHUNKS):
            began = time.monotonic()
            last = self.last_of_chunk(size)
            if self.take(self.chunk(last), found):
                break
            self.reach, self.inclusive = Reach(self.order.cursor(last), last.key) if last else Reach(None), False
            if last is None:
                break
            left -= size
            size = min(left, self.rows_in_time(size, began))
            if size <= 0:
                break
        return found

    def rows_in_time(self, rows: int, began: float) -> int:
        """Return how many more rows can be walked in the time left, as fast as so many since ``began``."""
        now = time.monotonic()
        return int(rows * (self.end - now) / max(now - began, 0.001))

    def last_of_chunk(self, size: int) -> Any:
        rows, *_undated = self.order.parts(self.filters.walked.qs.only("pk"))
        return rows.filter(self.onward())[size - 1 : size].first()

    def chunk(self, last: Any) -> Iterator[Any]:
        rows, until = self.filters.looked_through, ALL
        if last:
            until = self.order.beyond(self.order.cursor(last), backwards=True, inclusive=True)
        read = self.needles.sought_in(rows) if self.needles else light(rows)
        parts = [part.filter(self.onward() & until) for part in self.order.parts(read)]
        return self.order.merged(map(self.read, parts))

    def onward(self) -> Q:
        return self.order.beyond(self.reach.cursor, inclusive=self.inclusive) if self.reach.cursor else ALL

    def take(self, rows: Iterator[Any], found: list[Any]) -> bool:
        """Add the rows that match as the operator sees them; tell whether to stop before the end of the chunk."""
        for row in rows:
            if self.needles.are_in(row):
                if len(found) == self.wanted:
                    self.reach = Reach(self.order.cursor(found[-1]), found[-1].key, filled=True)
                    return True
                found.append(row)
            elif row.is_unread:
                self.unread += 1
            if time.monotonic() > self.end + LEEWAY:
                self.reach = Reach(self.order.cursor(row), row.key)
                return True
        return False

    def read(self, rows: QuerySet[Task]) -> Iterator[Any]:
        return rows.iterator(chunk_size=READ_AT_ONCE) if self.needles else iter(rows[: self.wanted + 1])


def search(
    filters: TaskFilter, order: Order, start: Cursor | None, payload: bool, size: int = HITS, inclusive: bool = False
) -> tuple[list[Any], Reach]:
    """Return at most ``size`` rows that match as the operator may see them, and the reach.

    They come after ``start``; ``inclusive`` lets the row at ``start`` be among them.
    """
    needles = Needles.of(filters, payload)
    seconds = SECONDS if needles else SECONDS_WITHOUT_TEXT
    walk = Walk(filters, order, needles, size, Reach(start), time.monotonic() + seconds, inclusive)
    found = walk.hits()
    return found, replace(walk.reach, unread=walk.unread)
