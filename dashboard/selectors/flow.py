"""What flows through one queue: how much waits, since when, and how much comes in and goes out in a minute.

Every number looks at 10 000 rows at the most, found by an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from dashboard.formats import CAP
from dashboard.selectors.backlog import stored
from dashboard.selectors.scalars import Questions, alias, as_moment, ask, capped_count
from django_simple_queue.models import Task
from django_simple_queue.models.states import DUE_SQL

MINUTES = 5
MIX_OF = 1000
MOST_NAMES = 8
TABLE = Task._meta.db_table


@dataclass(frozen=True, slots=True)
class Flow:
    """``waiting`` may start; ``scheduled`` (retries too) waits for its time; the rates are tasks a minute.

    ``ahead`` tasks are claimed before the one that was asked about.
    """

    waiting: int
    scheduled: int
    running: int
    oldest: datetime | None
    coming: float
    going: float
    ahead: int = 0

    def seconds_for(self, tasks: int) -> float | None:
        """Return how long the workers need for so many tasks; None while no more goes out than comes in."""
        return 60 * tasks / self.going if self.going > self.coming else None


def flow(queue: str, now: datetime, task: Task | None = None) -> Flow:
    """Return the flow of ``queue``, and the place of ``task`` in it when it is given."""
    since = now - timedelta(minutes=MINUTES)
    place = {"ahead_rows": ahead_of(task)} if task else {}
    asked = {"ahead": ("ahead_rows.ahead", ())} if task else {}
    found = ask({**questions(queue, since), **asked}, {**tables(queue, since), **place})
    return Flow(
        waiting=found["waiting"],
        scheduled=found["scheduled"],
        running=found["running"],
        oldest=as_moment(found["oldest"]),
        coming=found["coming"] / MINUTES,
        going=found["going"] / MINUTES,
        ahead=found.get("ahead", 0),
    )


def questions(queue: str, since: datetime) -> Questions:
    rows = Task.objects.filter(queue=queue)
    return {
        "waiting": ("due_rows.waiting", ()),
        "oldest": ("due_rows.oldest", ()),
        "scheduled": ("waiting_rows.scheduled", ()),
        "going": ("ended_rows.going", ()),
        "running": capped_count(rows.filter(status=Task.PROGRESS)),
        "coming": capped_count(rows.filter(created__gte=since)),
    }


def tables(queue: str, since: datetime) -> Questions:
    later = DUE_SQL[connections[alias()].vendor][1]
    waiting = f"{TABLE}{hint('dsq_promote')} WHERE status = 0 AND {later} ORDER BY run_after LIMIT {CAP}"
    ended = f"{TABLE} WHERE finished >= %s ORDER BY finished DESC LIMIT {CAP}"
    due = claimable("run_after", CAP + 1)
    return {
        "due_rows": (f"SELECT COUNT(*) AS waiting, MIN(run_after) AS oldest FROM ({due}) examined", (queue,)),  # noqa: S608
        "waiting_rows": (of_queue("scheduled", waiting), (queue,)),
        "ended_rows": (of_queue("going", ended), (stored(since), queue)),
    }


def of_queue(name: str, rows: str) -> str:
    return f"SELECT COUNT(*) AS {name} FROM (SELECT queue FROM {rows}) examined WHERE queue = %s"  # noqa: S608


def claimable(columns: str, most: int) -> str:
    """Return SQL for the next rows of a queue in the order of the claim; the conditions are literal, as the index's."""
    is_due = DUE_SQL[connections[alias()].vendor][0]
    where = f"status = 0 AND {is_due} AND queue = %s ORDER BY priority DESC, run_after, id LIMIT {most}"
    return f"SELECT {columns} FROM {TABLE}{hint('dsq_claim_queue')} WHERE {where}"  # noqa: S608


def hint(index: str) -> str:
    return f" INDEXED BY {index}" if connections[alias()].vendor == "sqlite" else ""


def next_names(queue: str) -> Sequence[tuple[str, int]]:
    """Return which tasks the next thousand of a queue are, the most frequent first."""
    inner = claimable("task", MIX_OF)
    sql = f"SELECT task, COUNT(*) FROM ({inner}) examined GROUP BY task ORDER BY 2 DESC, 1 LIMIT {MOST_NAMES}"  # noqa: S608
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, [queue])
        return [(str(name), int(count)) for name, count in cursor.fetchall()]


def ahead_of(task: Task) -> tuple[str, tuple[Any, ...]]:
    """Return SQL that counts the tasks of its queue that are claimed before ``task``, at most one more than CAP."""
    due = claimable("id, priority, run_after", CAP + 1)
    before = "priority > %s OR (priority = %s AND (run_after < %s OR (run_after = %s AND id < %s)))"
    when = stored(task.run_after)
    key = Task._meta.pk.get_db_prep_value(task.pk, connections[alias()])
    sql = f"SELECT COUNT(*) AS ahead FROM ({due}) examined WHERE {before}"  # noqa: S608
    return sql, (task.queue, task.priority, task.priority, when, when, key)
