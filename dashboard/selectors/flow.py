"""What flows through one queue: how much waits, since when, and how much comes in and goes out in a minute.

Every number looks at 10 000 rows at the most, found by an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.utils.translation import gettext as _

from dashboard.formats import CAP, capped, number
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
WORTH_SAYING = 20
MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Flow:
    """``waiting`` may start, ``again`` of them after a failure; ``scheduled`` (retries too) waits for its time, which
    has come for ``overdue`` that no worker has seen to yet; the rates are tasks a minute.

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
    again: int = 0
    overdue: int = 0

    @property
    def queued_words(self) -> str:
        """How many the list of queued tasks holds, and whether there may be more."""
        if self.waiting > CAP and self.again:
            return f"{number(self.waiting - self.again)}+"
        return capped(self.waiting - self.again + self.overdue)

    @property
    def again_words(self) -> str:
        """How many more may start, which the list of those that are retried holds; "" when none may."""
        return _("%s more to retry") % capped(self.again) if self.again else ""

    @property
    def scheduled_words(self) -> str:
        """How many wait for their time, and whether that is all; "" when none does."""
        scheduled = self.scheduled - self.overdue
        if scheduled and self.more_scheduled:
            return _("%s+ for their time") % number(min(scheduled, CAP))
        if self.more_scheduled:
            return _("scheduled: too many in all queues to count")
        return _("%s for their time") % number(scheduled) if scheduled else ""

    def seconds_for(self, tasks: int) -> float | None:
        """Return how long the workers need for so many tasks; None while no more goes out than comes in."""
        return 60 * tasks / self.going if self.going > self.coming else None


def outgrows(waiting: int, coming: float, going: float) -> bool:
    """Tell whether so much more comes in than goes out that it is no accident, while some wait."""
    return waiting > WORTH_SAYING and coming > 1.2 * going


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
        oldest=min(filter(None, map(as_moment, (found["oldest"], found["overdue_since"]))), default=None),
        coming=came.per_minute,
        going=went.per_minute,
        came_within=came.within,
        went_within=went.within,
        more_scheduled=found["examined"] > CAP,
        ahead=found.get("ahead", 0),
        again=int(found["again"] or 0),
        overdue=int(found["overdue"] or 0),
    )


def questions(queue: str) -> Questions:
    return {
        "waiting": ("due_rows.waiting", ()),
        "again": ("due_rows.again", ()),
        "oldest": ("due_rows.oldest", ()),
        "scheduled": ("waiting_rows.scheduled", ()),
        "overdue": ("waiting_rows.overdue", ()),
        "overdue_since": ("waiting_rows.overdue_since", ()),
        "examined": ("waiting_rows.examined", ()),
        **{name: (name, ()) for what in FLOWS for name in (f"{what}.own", f"{what}.seen", f"{what}.earliest")},
        "running": capped_count(Task.objects.filter(queue=queue, status=Task.PROGRESS)),
    }


def tables(queue: str, now: datetime) -> Questions:
    due = next_of_queue("attempt, run_after", CAP + 1)
    later = f"status = 0 AND {DUE_SQL[vendor()][1]} ORDER BY run_after LIMIT {CAP + 1}"
    waiting = f"SELECT queue, attempt, run_after FROM {table('dsq_promote')} WHERE {later}"  # noqa: S608
    again = "COUNT(*) AS waiting, SUM(CASE WHEN attempt > 0 THEN 1 ELSE 0 END) AS again, MIN(run_after) AS oldest"
    scheduled = "COUNT(*) AS examined, SUM(CASE WHEN queue = %s THEN 1 ELSE 0 END) AS scheduled"
    is_overdue = "CASE WHEN queue = %s AND attempt = 0 AND run_after <= %s"
    overdue = f"SUM({is_overdue} THEN 1 ELSE 0 END) AS overdue, MIN({is_overdue} THEN run_after END) AS overdue_since"
    own = (queue, stored(now))
    return {
        "due_rows": (f"SELECT {again} FROM ({due}) examined", (queue,)),  # noqa: S608
        **{what: of_queue(queue, column, now) for what, column in FLOWS.items()},
        "waiting_rows": (f"SELECT {scheduled}, {overdue} FROM ({waiting}) examined", (queue, *own, *own)),  # noqa: S608
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
