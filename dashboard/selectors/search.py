"""What no index finds in the order of the list: a walk through its rows in chunks, which says how far it came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left

from dashboard.filters import TaskFilter
from dashboard.selectors.keyset import Cursor, Order
from dashboard.selectors.needles import ERROR_SEARCHED, Needles
from dashboard.selectors.rows import light
from django_simple_queue.models import Task

FIRST_CHUNK, MOST_CHUNKS, LONGEST_WALK = 5_000, 2, 100_000
HITS = 50
SECONDS, SECONDS_WITHOUT_TEXT = 0.3, 0.05
LEEWAY = 0.1
READ_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a walk came: to the end of the list when ``cursor`` is None, else down to ``moment``.

    ``filled`` says that it ended because it had found enough.
    """

    cursor: Cursor | None
    moment: datetime | None = None
    filled: bool = False


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
        rows = self.order.apply(self.onward(self.filters.walked.qs).only("pk"))
        return rows[size - 1 : size].first()

    def chunk(self, last: Any) -> QuerySet[Task]:
        rows = self.onward(self.filters.looked_through)
        if last:
            rows = rows.filter(self.order.beyond(self.order.cursor(last), backwards=True, inclusive=True))
        return self.order.apply(light(rows.filter(self.needles.condition)))

    def onward(self, rows: QuerySet[Task]) -> QuerySet[Task]:
        keyed = self.order.with_key(rows)
        if self.reach.cursor is None:
            return keyed
        return keyed.filter(self.order.beyond(self.reach.cursor, inclusive=self.inclusive))

    def take(self, rows: QuerySet[Task], found: list[Any]) -> bool:
        """Add the rows that match as the operator sees them; tell whether to stop before the end of the chunk."""
        for row in self.read(rows):
            if self.needles.are_in(row):
                if len(found) == self.wanted:
                    self.reach = Reach(self.order.cursor(found[-1]), found[-1].key, filled=True)
                    return True
                found.append(row)
            if time.monotonic() > self.end + LEEWAY:
                self.reach = Reach(self.order.cursor(row), row.key)
                return True
        return False

    def read(self, rows: QuerySet[Task]) -> Iterator[Any]:
        if not self.needles:
            return iter(rows[: self.wanted + 1])
        return rows.annotate(error_start=Left("error", ERROR_SEARCHED)).iterator(chunk_size=READ_AT_ONCE)


def search(
    filters: TaskFilter, order: Order, start: Cursor | None, payload: bool, size: int = HITS, inclusive: bool = False
) -> tuple[list[Any], Reach]:
    """Return at most ``size`` rows (50 of a text search) that match as the operator may see them, and the reach.

    They come after ``start``; ``inclusive`` lets the row at ``start`` be among them.
    """
    needles = Needles.of(filters, payload)
    wanted, seconds = (HITS, SECONDS) if needles else (size, SECONDS_WITHOUT_TEXT)
    walk = Walk(filters, order, needles, wanted, Reach(start), time.monotonic() + seconds, inclusive)
    return walk.hits(), walk.reach
