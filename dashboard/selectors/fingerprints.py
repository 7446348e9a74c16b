"""Failures by fingerprint, straight from the index of fingerprints: bounded work, however many have failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from dashboard.selectors.scalars import as_moment, stepping, stored, table, vendor
from dashboard.statements import Sql, rows
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import TaskQuerySet

MOST_GROUPS = 1_000
MOST_COUNTED = 100_000
RELEASES_OF = 100
DAY_HOURS, WEEK_HOURS = 24, 168
NO_FINGERPRINT = "''"
AGES = {
    "sqlite": "CAST((JULIANDAY(%s) - JULIANDAY(finished)) * 24 AS INTEGER)",
    "postgresql": "FLOOR(EXTRACT(EPOCH FROM (%s::timestamptz - finished)) / 3600)::int",
    "mysql": "FLOOR(TIMESTAMPDIFF(MICROSECOND, finished, %s) / 3600000000)",
}
"""By vendor: whole hours between a row's end and a moment."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fingerprint, when it was first and last seen among the failed tasks, and the latest of them."""

    fingerprint: str
    first: datetime
    last: datetime
    sample: UUID


@dataclass(slots=True)
class Numbers:
    """Failures by age in whole hours, those of a week that are older than a day as of one age of a day.

    ``reach`` is the age up to which they are complete.
    """

    ages: Counter[int] = field(default_factory=Counter)
    releases: list[str] = field(default_factory=list)
    reach: int = WEEK_HOURS

    def within(self, hours: int) -> int:
        return sum(count for age, count in self.ages.items() if age < hours)

    def at_least(self, hours: int) -> bool:
        """Tell whether there may be more within so many hours than were counted."""
        return hours > self.reach

    def by_hour(self) -> list[int]:
        """Return the failures of each hour of a day, the oldest first."""
        return [self.ages[age] for age in range(DAY_HOURS - 1, -1, -1)]


def groups(most: int = MOST_GROUPS) -> list[Found]:
    """Step from fingerprint to fingerprint: as many looks as there are groups, whatever they hold."""
    failed = f"status = {Task.FAILED}"
    own = f"FROM {source()} WHERE {failed} AND fingerprint = step.fingerprint"
    sql = (
        f"{stepping('fingerprint', source(), failed, after=NO_FINGERPRINT)} "
        f"SELECT fingerprint, (SELECT MIN(finished) {own}), (SELECT MAX(finished) {own}), "
        f"(SELECT id {own} ORDER BY finished DESC LIMIT 1) FROM step WHERE fingerprint IS NOT NULL LIMIT {most}"
    )
    found = [(name, as_moment(first), as_moment(last), UUID(str(pk))) for name, first, last, pk in rows(sql)]
    return [Found(name, first, last, pk) for name, first, last, pk in found if first and last]


def one(fingerprint: str) -> Found | None:
    """Return a group, None when no failed task has its fingerprint."""
    rows = failed(fingerprint)
    last = rows.order_by("-finished", "-id").values_list("finished", "pk").first()
    first = rows.filter(finished__isnull=False).order_by("finished").values_list("finished", flat=True).first()
    return Found(fingerprint, first, last[0], last[1]) if last and last[0] and first else None


def failed(fingerprint: str) -> TaskQuerySet:
    """Return the failed tasks of a group; the literal condition lets the partial index fit."""
    literal = RawSQL(f"{Task._meta.db_table}.status = {Task.FAILED}", (), output_field=BooleanField())
    return Task.objects.filter(literal, fingerprint=fingerprint)


def latest_ungrouped() -> QuerySet[Task, UUID]:
    """Return a failed task without a fingerprint, from before failures were grouped.

    In the order of the index, else a planner that expects many reads the table for it.
    """
    return failed("").order_by("-finished").values_list("pk", flat=True)[:1]


def numbers(fingerprints: Sequence[str], now: datetime) -> Mapping[str, Numbers]:
    """Count the failures of these groups by the hour of the last day, and in all the last week; tell in which releases
    the latest ran."""
    found: dict[str, Numbers] = defaultdict(Numbers)
    if not fingerprints:
        return found
    most = max(MOST_COUNTED // len(fingerprints), 500)
    moments = [stored(now - timedelta(hours=hours)) for hours in (0, DAY_HOURS, WEEK_HOURS)]
    parts = [part for name in fingerprints for part in (by_age(name, moments, most), by_release(name))]
    for name, kind, value, count in rows(
        " UNION ALL ".join(sql for sql, _ in parts), [param for _, params in parts for param in params]
    ):
        if kind == "age":
            found[name].ages[int(value)] += count
        elif value:
            found[name].releases.append(value)
    for each in found.values():
        if each.ages.total() > most:
            each.reach = max(each.ages)
    return found


def by_age(fingerprint: str, moments: Sequence[Any], most: int) -> Sql:
    now, day, week = moments
    age = f"CASE WHEN finished <= %s THEN {DAY_HOURS} ELSE {AGES[vendor()]} END"
    sql = (
        f"SELECT %s, 'age', {as_text('age')}, COUNT(*) FROM (SELECT {age} AS age FROM {source()} "
        f"WHERE status = {Task.FAILED} AND fingerprint = %s AND finished >= %s AND finished <= %s "
        f"ORDER BY finished DESC LIMIT {most + 1}) counted GROUP BY age"
    )
    return sql, (fingerprint, day, now, fingerprint, week, now)


def by_release(fingerprint: str) -> Sql:
    name = connections[alias()].ops.quote_name("release")
    sql = (
        f"SELECT %s, 'release', {name}, COUNT(*) FROM (SELECT {name} FROM {source()} WHERE status = {Task.FAILED} "
        f"AND fingerprint = %s ORDER BY finished DESC LIMIT {RELEASES_OF}) latest GROUP BY {name}"
    )
    return sql, (fingerprint, fingerprint)


def unhandled(counted: Sequence[tuple[str, datetime | None]], most: int) -> Sql:
    """Return SQL for one row: how many have failed in these groups after a moment each, at most ``most`` of each.

    ``total`` is of all groups, ``largest`` that of the one with the most.
    """
    parts, params = ["SELECT 0 AS n"], []
    for fingerprint, after in counted:
        later = " AND finished > %s" if after else ""
        parts.append(
            f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM {source()} WHERE status = {Task.FAILED} "
            f"AND fingerprint = %s{later} LIMIT {most}) counted"
        )
        params += [fingerprint, *([stored(after)] if after else [])]
    return f"SELECT SUM(n) AS total, MAX(n) AS largest FROM ({' UNION ALL '.join(parts)}) sums", tuple(params)


def source() -> str:
    return table("dsq_fingerprint")


def as_text(column: str) -> str:
    return f"CAST({column} AS {'CHAR' if vendor() == 'mysql' else 'TEXT'})"
