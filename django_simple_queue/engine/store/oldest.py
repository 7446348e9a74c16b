"""Since when the task waits that has been due longest; read from the claim's index, however long the backlog is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django_simple_queue.engine.store.lease import alias, connection
from django_simple_queue.engine.store.sql import QUEUED, TASK
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task
from django_simple_queue.models.states import DUE_SQL

HINTS = {"sqlite": "INDEXED BY dsq_claim_queue", "mysql": "FORCE INDEX (dsq_claim_queue)"}
WAITING_HINTS = {"sqlite": "INDEXED BY dsq_promote", "mysql": "FORCE INDEX (dsq_promote)"}
LOWEST = -(2**15)


def oldest_due(paused: Collection[str]) -> tuple[str, datetime | None]:
    """Return the queue, none of those ``paused``, and the time since when; ("", None) when nothing waits.

    A time in the future is that of the first task that waits for it, with nothing due before.
    """
    if QueuePause.ALL in paused:
        return "", None
    queues = (queue for queue in opened().due_queues() if queue not in paused)
    found = [(moment, queue) for queue in queues for moment in firsts(queue)]
    found += unpromoted(paused)
    moment, queue = min(found, default=(None, ""))
    return queue, moment


def firsts(queue: str) -> Iterator[datetime]:
    """Yield, for each priority in use, the time of the first row."""
    priority = -LOWEST
    while (row := first_below(queue, priority)) is not None:
        priority = row.priority
        yield row.run_after


def first_below(queue: str, priority: int) -> Task | None:
    vendor = connection().vendor
    statement = (
        f"SELECT id, priority, run_after FROM {TASK} {HINTS.get(vendor, '')} "
        f"WHERE status = {QUEUED} AND {DUE_SQL[vendor][0]} AND queue = %s AND priority < %s "
        "ORDER BY priority DESC, run_after LIMIT 1"
    )
    parameters: list[Any] = [queue, priority]
    return next(iter(Task.objects.using(alias()).raw(statement, parameters)), None)


def unpromoted(paused: Collection[str]) -> list[tuple[datetime, str]]:
    """Return the first row that waits for its time; when that has come, nobody has promoted it yet."""
    vendor = connection().vendor
    others = f"AND queue NOT IN ({', '.join(['%s'] * len(paused))})" if paused else ""
    statement = (
        f"SELECT id, queue, run_after FROM {TASK} {WAITING_HINTS.get(vendor, '')} "
        f"WHERE status = {QUEUED} AND {DUE_SQL[vendor][1]} {others} ORDER BY run_after LIMIT 1"
    )
    return [(row.run_after, row.queue) for row in Task.objects.using(alias()).raw(statement, list(paused))]
