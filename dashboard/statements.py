"""SQL as the database gets it; that of a question which is always the same is compiled once a process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connections, models

from django_simple_queue.models.primary import alias

Row = tuple[Any, ...]
Sql = tuple[str, tuple[Any, ...]]
Question = Callable[[], models.QuerySet[Any, Any]]


def read(question: Question) -> list[Row]:
    """Return the rows of a question that is always the same, as the database gives them."""
    return rows(*spelled(question, alias()))


@cache
def spelled(question: Question, alias: str) -> Sql:
    return compiled(question())


def compiled(rows: models.QuerySet[Any]) -> Sql:
    sql, params = rows.query.get_compiler(using=alias()).as_sql()
    return sql, tuple(params)


def rows(sql: str, params: Sequence[Any] = ()) -> list[Row]:
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
