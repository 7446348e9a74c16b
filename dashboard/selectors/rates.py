"""How many tasks come into a queue and go out of it in a minute, by the latest 10 000 of the last five minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.formats import CAP
from dashboard.selectors.scalars import as_moment
from dashboard.statements import Row, Sql, compiled
from django_simple_queue.models import Task

WINDOW = timedelta(minutes=5)
SAMPLE = CAP


@dataclass(frozen=True, slots=True)
class Rate:
    """Tasks per minute, and within which time they were counted: a burst within the time that it took."""

    per_minute: float
    within: timedelta


def rate(count: int, seen: int, earliest: datetime | str | None, now: datetime) -> Rate:
    """Return the rate of ``count`` among ``seen`` tasks: a full sample does not reach back through the whole window."""
    first = as_moment(earliest)
    within = max(now - first, timedelta(seconds=1)) if first and seen >= SAMPLE else WINDOW
    return Rate(count * 60 / within.total_seconds(), within)


def of_queue(queue: str, column: str, now: datetime) -> Sql:
    """Return SQL for one row that says of a queue what came ("created") or went ("finished"), of all queues seen."""
    sql, params = latest(column, now)
    own = "SUM(CASE WHEN queue = %s THEN 1 ELSE 0 END) AS own"
    return f"SELECT COUNT(*) AS seen, MIN({column}) AS earliest, {own} FROM ({sql}) lately", (queue, *params)  # noqa: S608


def by_queue(column: str, now: datetime) -> Sql:
    """Return SQL for rows of (column, queue, count, earliest time), to be read by ``per_minute``."""
    sql, params = latest(column, now)
    return f"SELECT '{column}', queue, COUNT(*), MIN({column}) FROM ({sql}) {column}_lately GROUP BY queue", params  # noqa: S608


def latest(column: str, now: datetime) -> Sql:
    newest = Task.objects.filter(**{f"{column}__gte": now - WINDOW}).order_by(f"-{column}", "-id")[:SAMPLE]
    return compiled(newest.values("queue", column))


def per_minute(found: Sequence[Row], column: str, now: datetime) -> Mapping[str, float]:
    rows = [row for row in found if row[0] == column]
    earliest = min((moment for *_, first in rows if (moment := as_moment(first))), default=None)
    seen = sum(count for *_, count, _ in rows)
    return {queue: rate(count, seen, earliest, now).per_minute for _, queue, count, _ in rows}
