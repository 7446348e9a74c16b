"""How many tasks ended in each of the last whole minutes; what lies a few minutes back is counted only once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from dashboard.selectors.scalars import Questions, capped_count
from django_simple_queue.models import Task

SHOWN, STILL_COMING = 20, 3
MINUTE = timedelta(minutes=1)


class Minutes:
    """The counts by the minute's start; those of the newest three are asked for anew: endings may still come in."""

    def __init__(self) -> None:
        self.known: dict[datetime, int] = {}

    def questions(self, now: datetime) -> Questions:
        starts = last_minutes(now)
        self.known = {start: self.known[start] for start in starts[:-STILL_COMING] if start in self.known}
        return {name(start): capped_count(ended_in(start)) for start in starts if start not in self.known}

    def told(self, now: datetime, answers: dict[str, int]) -> tuple[int, ...]:
        """Return the counts of the last minutes, the oldest first, from what is known and these answers."""
        starts = last_minutes(now)
        self.known |= {start: answers[name(start)] for start in starts if start not in self.known}
        return tuple(self.known[start] for start in starts)

    def forget(self) -> None:
        self.known = {}


minutes = Minutes()


def last_minutes(now: datetime) -> list[datetime]:
    latest = now.replace(second=0, microsecond=0)
    return [latest - age * MINUTE for age in range(SHOWN, 0, -1)]


def name(start: datetime) -> str:
    return f"minute {start:%H:%M}"


def ended_in(start: datetime) -> QuerySet[Task]:
    return Task.objects.filter(finished__gte=start, finished__lt=start + MINUTE)
