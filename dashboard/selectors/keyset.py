"""Pages by keyset: a cursor is the order column and the id of a row, so a page costs the same wherever it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_noop

from dashboard.selectors.scalars import as_moment
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias

ALL = Q()
Expression = Coalesce | F


class BrokenCursor(ValueError):
    """The text is not a cursor that this page has given out."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """``moment`` is the database's own text: SQLite keeps times with three digits or six, and compares them as text."""

    moment: str
    pk: UUID

    def __str__(self) -> str:
        return f"{self.moment}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        moment, _, pk = text.partition("~")
        try:
            if parse_datetime(moment) is None:
                raise BrokenCursor(text)
            return cls(moment, UUID(pk))
        except ValueError as error:
            raise BrokenCursor(text) from error


@dataclass(frozen=True, slots=True)
class Order:
    """An order by one time column and the id; ``words`` say it, ``label`` heads its column."""

    column: str
    descending: bool
    head: str
    said: str
    with_undated: bool = True

    @property
    def label(self) -> str:
        return gettext(self.head)

    @property
    def words(self) -> str:
        return gettext(self.said)

    def first(self, rows: QuerySet[Task], count: int, narrow: Q = ALL, backwards: bool = False) -> list[Any]:
        """Return the first rows of those that ``narrow`` leaves; it may speak of the ``key``."""
        parts = (part.filter(narrow)[:count] for part in self.parts(rows, backwards))
        return list(islice(self.merged(parts, backwards), count))

    def parts(self, rows: QuerySet[Task], backwards: bool = False) -> Sequence[QuerySet[Task]]:
        """Return the rows in parts that an index orders: ended rows, say, and those of them that are undated.

        An order by whichever of two columns is set would be one by no index.
        """
        if self.column != "finished":
            return [self.apply(rows, backwards)]
        dated = self.apply(rows.filter(finished__isnull=False), backwards)
        return [dated, self.apply(undated(rows), backwards, F("modified"))] if self.with_undated else [dated]

    def merged(self, parts: Iterable[Iterable[Any]], backwards: bool = False) -> Iterator[Any]:
        return merge(*parts, key=place_of, reverse=self.descending != backwards)

    def apply(self, rows: QuerySet[Task], backwards: bool = False, key: Expression | None = None) -> QuerySet[Task]:
        sign = "-" if self.descending != backwards else ""
        return self.with_key(rows, key).order_by(f"{sign}key", f"{sign}id")

    def with_key(self, rows: QuerySet[Task], key: Expression | None = None) -> QuerySet[Task]:
        own = Coalesce("started", "modified") if self.column == "started" else F(self.column)
        return rows.annotate(key=key or own, key_text=Cast(key or own, TextField()))

    def cursor(self, row: Any) -> Cursor:
        return Cursor(row.key_text, row.pk)

    def beyond(self, cursor: Cursor, backwards: bool = False, inclusive: bool = False) -> Q:
        """Return the condition for rows after ``cursor``; the first bound alone lets an index find the place."""
        side = "lt" if self.descending != backwards else "gt"
        moment = bound(cursor.moment)
        tie = Q(("key", moment), (f"id__{side}e" if inclusive else f"id__{side}", cursor.pk))
        return Q((f"key__{side}e", moment)) & (Q((f"key__{side}", moment)) | tie)


def undated(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Return what older code ended without a time: until a worker dates it, when it was modified stands for that."""
    return rows.filter(finished__isnull=True)


def order_of(tab: str, with_undated: bool) -> Order:
    return replace(ORDERS[tab], with_undated=with_undated)


def place_of(row: Any) -> tuple[Any, UUID]:
    return row.key, row.pk


def bound(moment: str) -> Any:
    """Return what a time column is compared with, so that a row equals its own cursor."""
    if connections[alias()].vendor == "sqlite":
        return Value(moment, output_field=TextField())
    return as_moment(moment)


CREATED = Order("created", True, gettext_noop("Created"), gettext_noop("newest first"))
WAITING = Order("created", True, gettext_noop("Waiting since"), gettext_noop("newest first"))
NEXT = Order("run_after", False, gettext_noop("Runs"), gettext_noop("soonest first"))
RUNNING = Order("started", False, gettext_noop("Running since"), gettext_noop("longest first"))
ENDED = Order("finished", True, gettext_noop("Finished"), gettext_noop("latest first"))
FAILED = Order("finished", True, gettext_noop("Failed"), gettext_noop("latest first"))
ORDERS = {
    "": CREATED,
    "queued": WAITING,
    "scheduled": NEXT,
    "retrying": NEXT,
    "progress": RUNNING,
    "completed": ENDED,
    "failed": FAILED,
    "cancelled": Order("finished", True, gettext_noop("Cancelled"), gettext_noop("latest first")),
}
