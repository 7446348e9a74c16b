"""The latest runs of one task path: how long they took, and how many failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from django_simple_queue.models import Task

MOST = 60
HEIGHT = 60
SHORTEST = 2
STEP = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One run as a column of the chart; ``kind`` is "", "bad" or "now"."""

    x: int
    y: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class Runs:
    columns: Sequence[Column]
    completed: int
    failed: int
    usual: timedelta | None


def latest_runs(path: str, shown: UUID) -> Runs:
    """Return the latest ended or running runs of the task at ``path``, oldest first; ``shown`` is marked."""
    columns = ("pk", "status", "started", "finished")
    rows = list(Task.objects.filter(task=path).order_by("-created", "-id").values_list(*columns)[:MOST])
    timed = [(pk, status, seconds(started, finished)) for pk, status, started, finished in reversed(rows) if started]
    good = [each for _, status, each in timed if status == Task.COMPLETED and each is not None]
    longest = max([each for *_, each in timed if each is not None], default=0.0) or 1.0
    return Runs(
        columns=[column(index, *run, longest, shown) for index, run in enumerate(timed)],
        completed=len(good),
        failed=sum(status == Task.FAILED for _, status, _ in timed),
        usual=timedelta(seconds=median(good)) if good else None,
    )


def seconds(started: object, finished: object) -> float | None:
    return max((finished - started).total_seconds(), 0.0) if finished else None  # type: ignore[operator]


def column(index: int, pk: UUID, status: int, took: float | None, longest: float, shown: UUID) -> Column:
    height = max(SHORTEST, HEIGHT * (took if took is not None else longest) / longest)
    kind = "now" if pk == shown else "bad" if status == Task.FAILED else ""
    return Column(index * STEP, f"{HEIGHT - height:.1f}", f"{height:.1f}", kind)
