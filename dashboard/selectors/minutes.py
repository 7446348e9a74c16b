"""How many tasks ended in each of the last whole minutes; what lies a few minutes back is counted only once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from dashboard.formats import CAP
from dashboard.selectors.scalars import Questions, capped_count
from django_simple_queue.models import Task

SHOWN, STILL_COMING = 20, 3
MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=15)


class Minutes:
    """The counts by the minute's start; those of the newest three are asked for anew: endings may still come in."""

    def __init__(self) -> None:
        self.known: dict[datetime, int] = {}

    def questions(self, now: datetime) -> Questions:
        starts = last_minutes(now)
        self.known = {start: self.known[start] for start in starts[:-STILL_COMING] if start in self.known}
        asked = {name(start): capped_count(ended_in(start)) for start in starts if start not in self.known}
        return asked | {name: capped_count(rows) for name, rows in edges(now).items()}

    def told(self, now: datetime, answers: dict[str, int]) -> tuple[int, ...]:
        """Return the counts of the last minutes, the oldest first, from what is known and these answers."""
        starts = last_minutes(now)
        self.known |= {start: answers[name(start)] for start in starts if start not in self.known}
        return tuple(self.known[start] for start in starts)

    def in_window(self, now: datetime, answers: dict[str, int]) -> int | None:
        """Return how many ended within the window up to ``now``, None when in some part more than are counted."""
        whole = [self.known[start] for start in last_minutes(now) if start > now - WINDOW]
        parts = [*whole, *(answers[name] for name in edges(now))]
        return sum(parts) if max(parts) <= CAP else None

    def forget(self) -> None:
        self.known = {}


minutes = Minutes()


def last_minutes(now: datetime) -> list[datetime]:
    return [minute_of(now) - age * MINUTE for age in range(SHOWN, 0, -1)]


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def edges(now: datetime) -> dict[str, QuerySet[Task]]:
    """Return what ended in the parts of minutes with which the window begins and ends."""
    since = now - WINDOW
    begin = Task.objects.filter(finished__gte=since, finished__lt=minute_of(since) + MINUTE)
    return {"ended_first": begin, "ended_last": Task.objects.filter(finished__gte=minute_of(now))}


def name(start: datetime) -> str:
    return f"minute {start:%H:%M}"


def ended_in(start: datetime) -> QuerySet[Task]:
    return Task.objects.filter(finished__gte=start, finished__lt=start + MINUTE)
