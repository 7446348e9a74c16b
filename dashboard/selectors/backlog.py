"""Counts of the backlog: they look at the next 10 000 rows in the worker's own order, and never at all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.formats import CAP
from dashboard.selectors.scalars import stored, table, vendor
from dashboard.statements import compiled
from django_simple_queue.models import QueuePause
from django_simple_queue.models.states import DUE_SQL

Tables = dict[str, tuple[str, tuple[Any, ...]]]
COLUMNS = {
    "due_first": "due_rows.first_time",
    "due_again": "due_rows.again",
    "oldest": "due_rows.oldest",
    "held": "due_rows.held",
    "waiting_first": "waiting_rows.first_time",
    "waiting_overdue": "waiting_rows.overdue",
    "waiting_again": "waiting_rows.again",
}


def tables(now: datetime) -> Tables:
    """Return what COLUMNS name: rows that may be claimed, and rows that wait for their time, counted by kind.

    ``oldest`` is of the rows that may be claimed from queues which are not paused; ``held`` are the others.
    """
    again = "SUM(CASE WHEN attempt > 0 THEN 1 ELSE 0 END) AS again"
    first = "SUM(CASE WHEN attempt = 0 THEN 1 ELSE 0 END) AS first_time"
    overdue = "SUM(CASE WHEN attempt = 0 AND run_after <= %s THEN 1 ELSE 0 END) AS overdue"
    is_due, is_not = DUE_SQL[vendor()]
    paused, named = compiled(QueuePause.objects.current().values("queue"))
    is_held = f"(queue IN ({paused}) OR '{QueuePause.ALL}' IN ({paused}))"
    held = "SUM(CASE WHEN is_held AND attempt = 0 THEN 1 ELSE 0 END) AS held"
    oldest = "MIN(CASE WHEN is_held THEN NULL ELSE run_after END) AS oldest"
    due = examined("dsq_claim", is_due, "priority DESC, run_after, id", f", {is_held} AS is_held")
    waiting = examined("dsq_promote", is_not, "run_after")
    return {
        "due_rows": (f"SELECT {first}, {again}, {held}, {oldest} FROM ({due}) examined", (*named, *named)),  # noqa: S608
        "waiting_rows": (f"SELECT {first}, {again}, {overdue} FROM ({waiting}) examined", (stored(now),)),  # noqa: S608
    }


def examined(index: str, condition: str, order: str, besides: str = "") -> str:
    """Return SQL for the next rows; literal conditions let partial indexes fit, and SQLite is told which one."""
    where = f"status = 0 AND {condition} ORDER BY {order} LIMIT {most(CAP + 1)}"
    return f"SELECT attempt, run_after{besides} FROM {table(index)} WHERE {where}"  # noqa: S608


def most(rows: int) -> str:
    """Return a LIMIT; PostgreSQL, which thinks too little of what waits, sorts all of it unless it cannot see it."""
    return f"(SELECT {rows})" if vendor() == "postgresql" else str(rows)


def counts(answers: dict[str, Any]) -> dict[str, int]:
    """Return the numbers on the tabs Queued, Scheduled and Retrying."""
    number = {name: int(answers[name] or 0) for name in COLUMNS if name not in ("oldest", "held")}
    return {
        "queued": number["due_first"] + number["waiting_overdue"],
        "scheduled": number["waiting_first"] - number["waiting_overdue"],
        "retrying": number["due_again"] + number["waiting_again"],
    }
