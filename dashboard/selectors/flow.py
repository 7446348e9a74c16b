"""What flows through one queue: how much waits, since when, and how much comes in and goes out in a minute.

Every number looks at 10 000 rows at the most, found by an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.utils.translation import gettext as _

from dashboard.formats import CAP, number
from dashboard.selectors.due import next_of_queue
from dashboard.selectors.rates import WINDOW, of_queue, rate
from dashboard.selectors.scalars import (
    Questions,
    as_moment,
    ask,
    capped_count,
    stored,
    table,
    vendor,
)
from dashboard.statements import Sql, rows
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias
from django_simple_queue.models.states import DUE_SQL

MIX_OF = 1000
FLOWS = {"came": "created", "went": "finished"}
MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Flow:
    """``waiting`` may start; ``scheduled`` (retries too) waits for its time; the rates are tasks a minute.

    ``more_scheduled``: there are too many in all queues to look at each; ``came_within`` and ``went_within`` are the
    times over which the rates were counted; ``ahead`` tasks are claimed before the one that was asked about.
    """

    waiting: int
    scheduled: int
    running: int
    oldest: datetime | None
    coming: float
    going: float
    came_within: timedelta = WINDOW
    went_within: timedelta = WINDOW
    more_scheduled: bool = False
    ahead: int = 0

    @property
    def scheduled_words(self) -> str:
        """How many wait for their time, and whether that is all; "" when none does."""
        if self.scheduled and self.more_scheduled:
            return _("%s+ for their time") % number(min(self.scheduled, CAP))
        if self.more_scheduled:
            return _("scheduled: too many in all queues to count")
        return _("%s for their time") % number(self.scheduled) if self.scheduled else ""

    def seconds_for(self, tasks: int) -> float | None:
        """Return how long the workers need for so many tasks; None while no more goes out than comes in."""
        return 60 * tasks / self.going if self.going > self.coming else None


def flow(queue: str, now: datetime, task: Task | None = None) -> Flow:
    """Return the flow of ``queue``, and the place of ``task`` in it when it is given."""
    place = {"ahead_rows": ahead_of(task)} if task else {}
    asked = {"ahead": ("ahead_rows.ahead", ())} if task else {}
    found = ask({**questions(queue), **asked}, {**tables(queue, now), **place})
    came, went = (
        rate(int(found[f"{what}.own"] or 0), found[f"{what}.seen"], found[f"{what}.earliest"], now) for what in FLOWS
    )
    return Flow(
        waiting=found["waiting"],
        scheduled=int(found["scheduled"] or 0),
        running=found["running"],
        oldest=as_moment(found["oldest"]),
        coming=came.per_minute,
        going=went.per_minute,
        came_within=came.within,
        went_within=went.within,
        more_scheduled=found["examined"] > CAP,
        ahead=found.get("ahead", 0),
    )


def questions(queue: str) -> Questions:
    return {
        "waiting": ("due_rows.waiting", ()),
        "oldest": ("due_rows.oldest", ()),
        "scheduled": ("waiting_rows.scheduled", ()),
        "examined": ("waiting_rows.examined", ()),
        **{name: (name, ()) for what in FLOWS for name in (f"{what}.own", f"{what}.seen", f"{what}.earliest")},
        "running": capped_count(Task.objects.filter(queue=queue, status=Task.PROGRESS)),
    }


def tables(queue: str, now: datetime) -> Questions:
    due = next_of_queue("run_after", CAP + 1)
    later = f"status = 0 AND {DUE_SQL[vendor()][1]} ORDER BY run_after LIMIT {CAP + 1}"
    waiting = f"SELECT queue FROM {table('dsq_promote')} WHERE {later}"  # noqa: S608
    scheduled = "COUNT(*) AS examined, SUM(CASE WHEN queue = %s THEN 1 ELSE 0 END) AS scheduled"
    return {
        "due_rows": (f"SELECT COUNT(*) AS waiting, MIN(run_after) AS oldest FROM ({due}) examined", (queue,)),  # noqa: S608
        **{what: of_queue(queue, column, now) for what, column in FLOWS.items()},
        "waiting_rows": (f"SELECT {scheduled} FROM ({waiting}) examined", (queue,)),  # noqa: S608
    }


def next_names(queue: str) -> Sequence[tuple[str, int]]:
    """Return which tasks the next thousand of a queue are, the most frequent first."""
    inner = next_of_queue("task", MIX_OF)
    sql = f"SELECT task, COUNT(*) FROM ({inner}) examined GROUP BY task ORDER BY 2 DESC, 1 LIMIT {MOST_NAMES}"  # noqa: S608
    return [(str(name), int(count)) for name, count in rows(sql, [queue])]


def ahead_of(task: Task) -> Sql:
    """Return SQL that counts the tasks of its queue that are claimed before ``task``, at most one more than CAP."""
    due = next_of_queue("id, priority, run_after", CAP + 1)
    before = "priority > %s OR (priority = %s AND (run_after < %s OR (run_after = %s AND id < %s)))"
    when = stored(task.run_after)
    key = Task._meta.pk.get_db_prep_value(task.pk, connections[alias()])
    sql = f"SELECT COUNT(*) AS ahead FROM ({due}) examined WHERE {before}"  # noqa: S608
    return sql, (task.queue, task.priority, task.priority, when, when, key)
