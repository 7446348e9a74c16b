"""Many small answers in one statement: capped counts and single values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connections, models
from django.utils.dateparse import parse_datetime

from dashboard.formats import CAP
from dashboard.statements import Sql, compiled, rows
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias

Questions = Mapping[str, Sql]


def capped_count(rows: models.QuerySet[Any], cap: int = CAP) -> tuple[str, tuple[Any, ...]]:
    """Return SQL that counts ``rows`` up to one more than ``cap``: that one means "more"."""
    sql, params = compiled(rows.order_by().values("pk")[: cap + 1])
    return f"(SELECT COUNT(*) FROM ({sql}) counted)", params  # noqa: S608


def total(rows: models.QuerySet[Any], column: str) -> tuple[str, tuple[Any, ...]]:
    """Return SQL for the sum of ``column`` over ``rows``, 0 of none."""
    sql, params = compiled(rows.order_by().values(column))
    return f"(SELECT COALESCE(SUM({column}), 0) FROM ({sql}) added)", params  # noqa: S608


def first_value(rows: models.QuerySet[Any], column: str) -> tuple[str, tuple[Any, ...]]:
    """Return SQL for ``column`` of the first of the ordered ``rows``."""
    sql, params = compiled(rows.values(column)[:1])
    return f"({sql})", params


def latest(rows: models.QuerySet[Any], column: str, among: int) -> tuple[str, tuple[Any, ...]]:
    """Return SQL for the greatest ``column`` of the first ``among`` of the ordered ``rows``."""
    sql, params = compiled(rows.values(column)[:among])
    return f"(SELECT MAX({column}) FROM ({sql}) examined)", params  # noqa: S608


def ask(questions: Questions, tables: Questions | None = None) -> dict[str, Any]:
    """Return the answers to all ``questions``, as the database gives them, with one statement.

    ``tables`` are one-row tables, by name, whose columns a question may be.
    """
    sources = [f"({sql}) {name}" for name, (sql, _) in (tables or {}).items()]
    selected = ", ".join(sql for sql, _ in questions.values())
    sql = f"SELECT {selected} FROM {', '.join(sources)}" if sources else f"SELECT {selected}"  # noqa: S608
    params = [param for _, part in (*questions.values(), *(tables or {}).values()) for param in part]
    [answers] = rows(sql, params)
    return dict(zip(questions, answers, strict=True))


def stepping(column: str, source: str, where: str, after: str = "") -> str:
    """Return SQL for a table ``step`` of the different values of ``column``: an index is asked for one after the other.

    It ends with NULL; only values after the SQL literal ``after`` are in it.
    """
    first = f"SELECT MIN({column}) FROM {source} WHERE {where}"  # noqa: S608
    begin = f"{first} AND {column} > {after}" if after else first
    return (
        f"WITH RECURSIVE step AS (SELECT ({begin}) AS {column} UNION ALL "  # noqa: S608
        f"SELECT ({first} AND {column} > step.{column}) FROM step WHERE step.{column} IS NOT NULL)"
    )


def table(index: str) -> str:
    """Return the table of tasks for a FROM; SQLite has to be told by which index it is to be read."""
    return f"{Task._meta.db_table} INDEXED BY {index}" if vendor() == "sqlite" else Task._meta.db_table


def stored(moment: datetime) -> Any:
    """Return a time as the database compares it."""
    return connections[alias()].ops.adapt_datetimefield_value(moment)


def vendor() -> str:
    return connections[alias()].vendor


def as_moment(value: datetime | str | None) -> datetime | None:
    """Return a time as Python has it; SQLite keeps it as text in UTC."""
    moment = parse_datetime(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
