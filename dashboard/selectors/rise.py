"""Whether failures rose after the newest release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.deadline import TookTooLong, deadline
from dashboard.selectors.failures import Group
from dashboard.selectors.fleet import Fleet
from dashboard.selectors.scalars import ask, capped_count
from django_simple_queue.models import Task

RECENT = timedelta(hours=24)
AT_LEAST = 10
TIMES = 3
SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Rise:
    """``after`` failures since ``started``, ``before`` in as long a time before; ``groups`` first seen since then."""

    release: str
    started: datetime
    after: int
    before: int
    groups: Sequence[Group]

    @property
    def times(self) -> int | None:
        return round(self.after / self.before) if self.before else None


def after_release(fleet: Fleet, groups: Iterable[Group], now: datetime) -> Rise | None:
    """Return how failures rose after the newest release of a worker; None when they did not, or none is recent."""
    release, started = newest_release(fleet)
    if started is None or now - started > RECENT:
        return None
    failed = Task.objects.filter(status=Task.FAILED)
    after = failed.filter(finished__gte=started, finished__lte=now)
    before = failed.filter(finished__gte=started - (now - started), finished__lt=started)
    try:
        with deadline(SECONDS):
            counts = ask({"after": capped_count(after), "before": capped_count(before)})
    except TookTooLong:
        return None
    if counts["after"] < max(AT_LEAST, TIMES * counts["before"]):
        return None
    return Rise(release, started, **counts, groups=[group for group in groups if group.found.first >= started])


def newest_release(fleet: Fleet) -> tuple[str, datetime | None]:
    """Return the release that was started last, and when its first worker was; None while all run the same."""
    starts: dict[str, datetime] = {}
    for worker in fleet.workers.values():
        if worker.release:
            starts[worker.release] = min(worker.started, starts.get(worker.release, worker.started))
    if len(starts) < 2:
        return "", None
    release = max(starts, key=lambda name: starts[name])
    return release, starts[release]
