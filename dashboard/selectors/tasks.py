"""A page of the task list: found by the filters, ordered by its tab, cut by keyset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from dashboard.filters import TaskFilter
from dashboard.selectors import marks
from dashboard.selectors.keyset import ALL, NEXT, BrokenCursor, Cursor, Order, order_of, place_of
from dashboard.selectors.rows import Row, light, make_row
from dashboard.selectors.scalars import as_moment
from dashboard.selectors.search import Reach, search
from dashboard.selectors.snapshot import Snapshot
from dashboard.selectors.viewer import Viewer
from django_simple_queue.models import Attempt, Task

SIZES = (25, 50, 100)
CURSORS = ("older", "newer", "top")
BROKEN = _("That page link is broken; this is the first page.")
STALE = _("There is nothing beyond that place any more; this is the first page.")


Bounds = tuple[Cursor | None, Cursor | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Which page is wanted: after ``older``, before ``newer``, or the first; ``top`` is where its reader began."""

    older: Cursor | None = None
    newer: Cursor | None = None
    top: Cursor | None = None
    size: int = SIZES[0]
    notice: str = ""

    @property
    def is_first(self) -> bool:
        return not self.older and not self.newer


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    order: Order
    place: Place
    viewer: Viewer
    older: Cursor | None = None
    newer: Cursor | None = None
    notice: str = ""
    late: bool = False
    reach: Reach | None = None
    matching: int = 0

    @property
    def is_whole(self) -> bool:
        """Tell whether all that matches is on this page, or waits above it: ``matching`` of its rows do."""
        return self.place.is_first and not (self.older or self.late)

    @property
    def top(self) -> Cursor | None:
        """Where new rows wait: before the first row, where the newest come first."""
        if not (self.place.is_first and self.order.descending):
            return None
        return self.place.top or (self.order.cursor(self.rows[0].task) if self.rows else None)


def read_place(query: Mapping[str, str]) -> Place:
    """Return the page that the query names; a broken cursor means the first page, and a notice."""
    size = next((size for size in SIZES if str(size) == query.get("rows")), SIZES[0])
    try:
        older, newer, top = (Cursor.parse(query[name]) if query.get(name) else None for name in CURSORS)
    except BrokenCursor:
        return Place(size=size, notice=str(BROKEN))
    return Place(older, newer, top, size)


def found(filters: TaskFilter, place: Place, viewer: Viewer, picture: Snapshot) -> Page:
    order = order_of(filters.tab, picture.undated)
    cut = walked(filters, place, viewer, order) if walks(filters, place) else at(filters, place, order)
    tasks, older, newer, reach = cut
    if not tasks and not place.is_first and not reach:
        return replace(found(filters, Place(size=place.size), viewer, picture), notice=str(STALE))
    recent = marks.recent(viewer.pk, names=viewer.names) if marks.lately(picture.deeds) else {}
    stay = not (place.newer or filters.looks_into_texts)
    stayed = those_that_stay(filters, recent, tasks, order, place, older) if stay else []
    rows = dressed(sorted([*tasks, *stayed], key=place_of, reverse=order.descending), viewer, picture, recent)
    return Page(rows, order, place, viewer, older, newer, place.notice, reach=reach, matching=len(tasks))


def walks(filters: TaskFilter, place: Place) -> bool:
    return filters.looks_into_texts or (filters.must_walk and not place.newer)


Cut = tuple[list[Any], Cursor | None, Cursor | None, Reach | None]


def walked(filters: TaskFilter, place: Place, viewer: Viewer, order: Order) -> Cut:
    top = place.top if order.descending and not filters.looks_into_texts else None
    tasks, reach = search(filters, order, place.older or top, viewer.payload, place.size, inclusive=not place.older)
    if filters.looks_into_texts:
        return tasks, reach.cursor, None, reach
    newer = order.cursor(tasks[0]) if tasks and place.older else None
    return tasks, reach.cursor, newer, reach if reach.cursor and not reach.filled else None


def at(filters: TaskFilter, place: Place, order: Order) -> Cut:
    tasks, more = read(filters.qs, order, place)
    return tasks, *ends(tasks, more, order, place), None


def read(rows: QuerySet[Task], order: Order, place: Place) -> tuple[list[Any], bool]:
    """Return the rows of the page in the order of the list, and whether there are more in the direction asked for."""
    backwards = place.newer is not None
    found = order.first(light(rows), place.size + 1, where(place, order), backwards)
    tasks = found[: place.size]
    return (tasks[::-1] if backwards else tasks), len(found) > place.size


def where(place: Place, order: Order) -> Q:
    if cursor := place.newer or place.older:
        return order.beyond(cursor, backwards=place.newer is not None)
    return order.beyond(place.top, inclusive=True) if place.top and order.descending else ALL


def ends(tasks: list[Any], more: bool, order: Order, place: Place) -> tuple[Cursor | None, Cursor | None]:
    if not tasks:
        return None, None
    older = order.cursor(tasks[-1]) if more or place.newer else None
    newer = order.cursor(tasks[0]) if place.older or (place.newer and more) else None
    return older, newer


def those_that_stay(
    filters: TaskFilter,
    recent: Mapping[UUID, marks.Mark],
    tasks: list[Any],
    order: Order,
    place: Place,
    older: Cursor | None,
) -> list[Any]:
    """Return rows that were just acted on here and have left this tab: they stay, muted, where they were."""
    left = marks.left_tab(recent, filters.tab, {task.pk for task in tasks}, place.size)
    if not left:
        return []
    rows: list[Any] = list(order.with_key(light(filters.in_tab("").filter(pk__in=left))).annotate(ended=last_end()))
    for row in rows:
        row.key, row.has_left = row.key or row.ended, order.column == NEXT.column and row.status != Task.QUEUED
    return [row for row in rows if row.key and is_within(place_of(row), (place.older, older), order.descending)]


def is_within(place: tuple[Any, UUID], page: Bounds, descending: bool) -> bool:
    """Tell whether a row belongs between the cursors before and after a page."""
    before, after = ((as_moment(cursor.moment), cursor.pk) if cursor else None for cursor in page)
    first, last = (after, before) if descending else (before, after)
    return (first is None or place >= first) and (last is None or place <= last)


def last_end() -> Subquery:
    """A row that runs again has lost the end it was ordered by; its latest attempt knows it."""
    return Subquery(Attempt.objects.filter(task=OuterRef("pk")).order_by("-epoch").values("finished")[:1])


def dressed(tasks: Sequence[Any], viewer: Viewer, picture: Snapshot, recent: Mapping[UUID, marks.Mark]) -> list[Row]:
    return [make_row(task, viewer, picture.fleet, recent.get(task.pk)) for task in tasks]
