"""The latest runs of one task path: how long they took, and how many failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django_simple_queue.models import Task

MOST = 60
HEIGHT = 60
USUAL, TALLEST = 0.75, 4
"""Columns of up to so many times what that share of the runs took are drawn to scale; taller ones are cut off."""
SHORTEST = 2
STEP = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One run as a column of the chart; ``kind`` is "", "bad" or "now", and ``cut``: it is taller than the chart."""

    pk: UUID
    x: int
    y: str
    height: str
    kind: str
    failed: bool
    started: datetime
    took: float | None
    cut: bool


@dataclass(frozen=True, slots=True)
class Runs:
    """``usual`` and ``slow`` are the p50 and p95 of the completed runs; their ``_y`` is where the chart has them."""

    columns: Sequence[Column]
    completed: int
    failed: int
    usual: timedelta | None
    slow: timedelta | None
    usual_y: str
    slow_y: str
    success: tuple[UUID, datetime] | None

    @property
    def shows_this(self) -> bool:
        return any(column.kind == "now" for column in self.columns)

    @property
    def cut(self) -> bool:
        return any(column.cut for column in self.columns)


def latest_runs(path: str, shown: UUID) -> Runs:
    """Return the latest ended or running runs of the task at ``path``, oldest first; ``shown`` is marked."""
    columns = ("pk", "status", "started", "finished")
    rows = list(Task.objects.filter(task=path).order_by("-created", "-id").values_list(*columns)[:MOST])
    timed = [(pk, status, begun, seconds(begun, end)) for pk, status, begun, end in reversed(rows) if begun]
    good = sorted(took for _, status, _, took in timed if status == Task.COMPLETED and took is not None)
    top = scale(sorted(took for *_, took in timed if took is not None))
    usual, slow = percentile(good, 0.5), percentile(good, 0.95)
    return Runs(
        columns=[column(index, *run, top, shown) for index, run in enumerate(timed)],
        completed=len(good),
        failed=sum(status == Task.FAILED for _, status, *_ in timed),
        usual=as_delta(usual),
        slow=as_delta(slow),
        usual_y=height_of(usual, top),
        slow_y=height_of(slow, top),
        success=next(
            ((pk, end) for pk, status, _, end in rows if status == Task.COMPLETED and end and pk != shown), None
        ),
    )


def seconds(started: datetime, finished: datetime | None) -> float | None:
    return max((finished - started).total_seconds(), 0.0) if finished else None


def percentile(rising: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least ``share`` of the ``rising`` values do not exceed (nearest rank)."""
    return rising[max(-int(-len(rising) * share // 1), 1) - 1] if rising else None


def as_delta(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def scale(rising: Sequence[float]) -> float:
    """Return how many seconds are as high as the chart: the longest run's, unless one that is far off flattens all."""
    usual = percentile(rising, USUAL) or 0.0
    return min(rising[-1], TALLEST * usual or rising[-1]) or 1.0 if rising else 1.0


def height_of(value: float | None, top: float) -> str:
    return f"{HEIGHT - HEIGHT * min((value or 0.0) / top, 1):.1f}"


def column(index: int, pk: UUID, status: int, started: datetime, took: float | None, top: float, shown: UUID) -> Column:
    share = 1 if took is None else took / top
    height = max(SHORTEST, HEIGHT * min(share, 1))
    failed = status == Task.FAILED
    kind = "now" if pk == shown else "bad" if failed else ""
    return Column(pk, index * STEP, f"{HEIGHT - height:.1f}", f"{height:.1f}", kind, failed, started, took, share > 1)
