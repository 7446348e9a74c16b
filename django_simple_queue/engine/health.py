"""How the queue as a whole is doing, in a few index reads however long its tables are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Sum
from django.db.models.functions import Coalesce, Now

from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task, Worker
from django_simple_queue.models.primary import alias

MOST = 1000
LAPSED_GRACE = timedelta(seconds=10)
"""A lease that ended is settled at the next second or so; one that ended before that is not being settled."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What still counts as healthy; ``host`` narrows the workers to one machine."""

    min_workers: int = 1
    max_age: float = 300
    max_stuck: int = 0
    host: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """``stuck`` are tasks in progress without a live worker (at most 1000 are counted); times are in seconds."""

    workers: int
    slots: int
    oldest_due_seconds: float
    oldest_due_queue: str
    stuck: int
    lapsed_workers: int
    heartbeat_seconds: float | None
    paused_queues: list[str]


def look(host: str = "") -> Health:
    """Return how things are now, on the clock of the database."""
    workers = Worker.objects.using(alias()).filter(**({"host": host} if host else {}))
    live = workers.at_work().aggregate(slots=Sum("slots"), heartbeat=Max("heartbeat"))
    paused = sorted(QueuePause.objects.using(alias()).current().values_list("queue", flat=True))
    queue, waited = longest_due(paused)
    now = database_time()
    return Health(
        workers=workers.at_work().count(),
        slots=live["slots"] or 0,
        oldest_due_seconds=waited,
        oldest_due_queue=queue,
        stuck=Task.objects.using(alias()).unowned().order_by()[:MOST].count(),
        lapsed_workers=workers.filter(state__in=Worker.LIVE_STATES, lease_until__lt=Now() - LAPSED_GRACE).count(),
        heartbeat_seconds=seconds(now, live["heartbeat"]),
        paused_queues=paused,
    )


def longest_due(paused: list[str]) -> tuple[str, float]:
    queue, waited = (None if QueuePause.ALL in paused else opened().longest_due()) or ("", 0.0)
    return queue, round(max(waited, 0.0), 1)


def database_time() -> datetime:
    moment: datetime = Worker.objects.using(alias()).aggregate(now=Coalesce(Max(Now()), Now()))["now"]
    return moment


def seconds(now: datetime | None, since: datetime | None) -> float | None:
    return None if now is None or since is None else round(max((now - since).total_seconds(), 0), 1)


def problems(health: Health, limits: Limits) -> Iterator[str]:
    """Yield a sentence for everything that is over its limit."""
    place = f" on {limits.host}" if limits.host else ""
    if health.workers < limits.min_workers:
        yield f"{health.workers} live workers{place}, fewer than {limits.min_workers}."
    if health.oldest_due_seconds > limits.max_age:
        yield (
            f"A task of queue {health.oldest_due_queue!r} has been due for {health.oldest_due_seconds:g} s, "
            f"longer than {limits.max_age:g} s."
        )
    if health.stuck > limits.max_stuck:
        yield f"{health.stuck} tasks are in progress although no live worker holds them, more than {limits.max_stuck}."
    if health.lapsed_workers:
        yield f"The lease of {health.lapsed_workers} workers{place} has ended, and nobody has settled their tasks."


def report(health: Health, found: list[str]) -> dict[str, Any]:
    return {"healthy": not found, "problems": found, **asdict(health)}
