"""How often one task ran and failed, hour by hour or in quarters of a day; each bar counts a bounded number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from dashboard.statements import compiled
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias

WINDOWS = {"24h": (timedelta(hours=1), 24), "7d": (timedelta(hours=6), 28)}
MOST_IN_A_BAR = 200
WIDTH, HEIGHT = 300, 56
SHORTEST = 1.5


@dataclass(frozen=True, slots=True)
class TrendBar:
    """The tasks created in one stretch of time, and how many failed; ``more`` when not all were counted."""

    x: float
    start: datetime
    total: int
    failed: int
    most: int

    @property
    def more(self) -> bool:
        return self.total > MOST_IN_A_BAR

    @property
    def height(self) -> float:
        return round(max(HEIGHT * self.total / self.most, SHORTEST), 1) if self.total else 0.0

    @property
    def bad_height(self) -> float:
        return round(max(self.height * self.failed / self.total, SHORTEST), 1) if self.failed else 0.0

    @property
    def y(self) -> float:
        return round(HEIGHT - self.height, 1)

    @property
    def bad_y(self) -> float:
        return round(HEIGHT - self.bad_height, 1)


@dataclass(frozen=True, slots=True)
class Trend:
    window: str
    bars: Sequence[TrendBar]

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def failed(self) -> int:
        return sum(bar.failed for bar in self.bars)

    @property
    def more(self) -> bool:
        return any(bar.more for bar in self.bars)

    @property
    def step(self) -> float:
        return round(WIDTH / len(self.bars), 3)


def trend(path: str, window: str, now: datetime) -> Trend:
    """Return the bars of ``window``, a key of WINDOWS, oldest first."""
    length, number = WINDOWS[window]
    last = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    starts = [last - length * (number - place) for place in range(number)]
    counts = counted(path, starts, length)
    most = max((total for total, _ in counts), default=0) or 1
    places = [round(WIDTH * place / number, 3) for place in range(number)]
    return Trend(window, [TrendBar(*bar[:2], *bar[2], most) for bar in zip(places, starts, counts, strict=True)])


def counted(path: str, starts: Sequence[datetime], length: timedelta) -> Sequence[tuple[int, int]]:
    """Return (created, of them failed) for each stretch with one statement."""
    parts = [compiled_bar(path, place, start, start + length) for place, start in enumerate(starts)]
    with connections[alias()].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(sql for sql, _ in parts), [each for _, params in parts for each in params])
        return [(int(total), int(failed or 0)) for _, total, failed in sorted(cursor.fetchall())]


def compiled_bar(path: str, place: int, start: datetime, end: datetime) -> tuple[str, tuple[Any, ...]]:
    rows = Task.objects.filter(task=path, created__gte=start, created__lt=end).order_by("-created", "-id")
    sql, params = compiled(rows.values("status")[: MOST_IN_A_BAR + 1])
    failed = f"SUM(CASE WHEN status = {Task.FAILED} THEN 1 ELSE 0 END)"
    return f"SELECT {place}, COUNT(*), {failed} FROM ({sql}) bar{place}", params  # noqa: S608
