"""The tasks that an action over many is about, frozen: the list's filters with absolute times, as of one moment.

A page that offers an action shows how many tasks it is about as of ``mark()``. ``freeze`` makes a Scope of the list's
filters, ``freeze_where`` of any other conditions (a group of failures), ``freeze_ids`` of ticked rows. What is to be
said before acting on it is found by ``preflight.check``; ``many.run`` acts on it. Filters that read texts cannot be
frozen: what a search finds is taken instead, up to 1 000 tasks, and ``note`` says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import periods
from dashboard.deadline import TookTooLong, deadline
from dashboard.filters import PAGING, TABS, TaskFilter, read, time_field
from dashboard.formats import day_and_time
from dashboard.ids import unspelled
from dashboard.selectors.keyset import ORDERS, Cursor
from dashboard.selectors.scalars import as_moment
from dashboard.selectors.search import search, unread_words
from django_simple_queue.models import Task
from django_simple_queue.models.audit import scope as core
from django_simple_queue.models.audit import since
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import TaskQuerySet
from django_simple_queue.models.transitions import MOVES

MOST_FOUND = 1_000
TEXTS = ("q", "error", "args")
LONGEST_AGO = timedelta(days=36_500)
SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Scope:
    """``query`` opens the list on these tasks, "" when only their ``ids`` do; ``note`` says what was left out.

    ``left`` counts by outcome what was meant and is not among them. ``is_cut``: a search has not looked at all.
    """

    frozen: core.Frozen
    words: str
    query: str = ""
    note: str = ""
    ids: tuple[UUID, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def mark(self) -> datetime:
        return core.mark_of(self.frozen)

    def rows(self, verb: str) -> TaskQuerySet:
        """Return what ``verb`` may move, as of the mark."""
        return core.rows(self.frozen).filter(status__in=MOVES[verb].sources)

    def immovable(self, verb: str) -> TaskQuerySet:
        """Return what matches and is in no state from which ``verb`` moves it."""
        return core.matching(self.frozen).exclude(status__in=MOVES[verb].sources)

    def arrived(self, verb: str) -> TaskQuerySet:
        """Return what has come since the mark and is not included."""
        return since.arrivals(verb, self.frozen).filter(status__in=MOVES[verb].sources)


def mark() -> datetime:
    """Return the time of the database's clock."""
    connection = connections[alias()]
    sql, params = Task.objects.all().query.get_compiler(using=alias()).compile(Now())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        (value,) = cursor.fetchone() or (None,)
    return as_moment(value) or timezone.now()


def read_moment(text: str | None, latest: datetime) -> datetime:
    """Return a time with its offset that a page carries, never one after ``latest``; that for what is none."""
    try:
        given = unspelled(text or "") or parse_datetime(text or "")
    except ValueError:
        given = None
    if given is None or timezone.is_naive(given):
        return latest
    return min(max(given, latest - LONGEST_AGO), latest)


def freeze(filters: TaskFilter, as_of: datetime, payload: bool) -> Scope:
    """Freeze what the filters match; ``payload`` says whether the operator may look into texts."""
    words = in_words(filters)
    if any(filters.value(name) for name in TEXTS if name in filters.filters):
        return found(filters, as_of, payload, words)
    conditions = absolute(filters, as_of)
    return freeze_where(conditions, as_of, words, absolute_query(filters, conditions))


def freeze_where(conditions: Iterable[Q], as_of: datetime, words: str, query: str = "") -> Scope:
    """Freeze conditions on columns of tasks, all of which must hold; their times must be absolute."""
    return Scope(core.freeze(conditions, as_of) | {"query": query}, words, query)


def freeze_ids(
    ids: Iterable[UUID], as_of: datetime, words: str, note: str = "", left: Mapping[str, int] | None = None
) -> Scope:
    """Freeze a list of ids."""
    listed, left = tuple(ids), left or {}
    return Scope(core.freeze([Q(pk__in=listed)], as_of) | {"left": left}, words, note=note, ids=listed, left=left)


def found(filters: TaskFilter, as_of: datetime, payload: bool, words: str) -> Scope:
    """Freeze what a search for texts finds: the first 1 000 tasks, or those that are found in time."""
    hits = Hits()
    search_in_time(filters, payload, hits)
    notes = (cut_short(len(hits.ids)) if hits.is_cut else "", unread_words(hits.unread))
    scope = freeze_ids(hits.ids, as_of, words, " ".join(filter(None, notes)))
    return replace(scope, is_cut=hits.is_cut)


@dataclass(slots=True)
class Hits:
    """What a search has found so far; ``is_cut`` until it has looked at all."""

    ids: list[UUID] = field(default_factory=list)
    unread: int = 0
    is_cut: bool = True


def cut_short(count: int) -> str:
    if not count:
        return _("A text is looked for task by task: none was found in time.")
    said = ngettext(
        "A text is looked for task by task: this is the first that was found.",
        "A text is looked for task by task: these are the first %(count)d that were found.",
        count,
    )
    return said % {"count": count}


def search_in_time(filters: TaskFilter, payload: bool, hits: Hits) -> None:
    reach: Cursor | None = None
    end = time.monotonic() + SECONDS
    with suppress(TookTooLong), deadline(SECONDS):
        while len(hits.ids) < MOST_FOUND and (reach is None or time.monotonic() < end):
            rows, where = search(filters, ORDERS[filters.tab], reach, payload)
            hits.ids += [row.pk for row in rows]
            hits.unread += where.unread
            reach, hits.is_cut = where.cursor, where.cursor is not None
            if not hits.is_cut:
                return


def absolute(filters: TaskFilter, as_of: datetime) -> Sequence[Q]:
    """Return the conditions of the filters, read anew: what they say relative to now is relative to ``as_of``."""
    with periods.as_of(as_of):
        return read(filters.data).conditions


def absolute_query(filters: TaskFilter, conditions: Iterable[Q]) -> str:
    """Return the query of the list with its relative times replaced, so that it opens the same tasks later."""
    query: QueryDict = filters.data.copy()
    for name in (*PAGING, "rows"):
        query.pop(name, None)
    if filters.value("time") or filters.value("since") or filters.value("until"):
        bounds = [leaf for each in conditions for leaf in leaves(each) if isinstance(leaf[1], datetime)]
        column = time_field(filters.tab)
        since = max((moment for name, moment in bounds if name == f"{column}__gte"), default=None)
        ends = [periods.just_before(moment) for name, moment in bounds if name == f"{column}__lt"]
        until = min([*ends, *(moment for name, moment in bounds if name == f"{column}__lte")], default=None)
        query.pop("time", None)
        for name, moment in (("since", since), ("until", until)):
            if moment is not None:
                query[name] = moment.isoformat()
    return query.urlencode()


def leaves(condition: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(condition, tuple):
        yield condition
    else:
        for child in condition.children:
            yield from leaves(child)


def moment_words(value: Any, written: str) -> str:
    return day_and_time(timezone.localtime(value), seconds=True) if isinstance(value, datetime) else written


def in_words(filters: TaskFilter) -> str:
    """Return the filters as people say them."""
    tab = [str(TABS[filters.tab]).lower()] if filters.tab else []
    chips = [f"{label} {moment_words(filters.value(name), value)}" for name, label, value in filters.chips()]
    return ", ".join([*tab, *chips]) or _("all tasks")
