"""The number on each tab under the other filters, and how many rows wait above; bounded work, whatever the filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dashboard.deadline import TookTooLong, deadline
from dashboard.filters import NARROW, TABS, TaskFilter
from dashboard.formats import CAP, capped, number
from dashboard.selectors import scalars
from dashboard.selectors.keyset import Cursor, Order
from dashboard.selectors.snapshot import Snapshot
from dashboard.selectors.tasks import Page
from django_simple_queue.models import Task, states

SECONDS = 0.25
NEW_CAP = 99
KINDS = {
    "queued": states.FOR_A_WORKER,
    "scheduled": states.FOR_ITS_TIME,
    "retrying": states.FOR_ANOTHER_ATTEMPT,
    "progress": Q(status=Task.PROGRESS),
    "completed": Q(status=Task.COMPLETED),
    "failed": Q(status=Task.FAILED),
    "cancelled": Q(status=Task.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number on each tab, None where it is unknown; with ``at_least`` there may be more. ``new`` waits above."""

    tabs: Mapping[str, int | None]
    new: int = 0
    at_least: bool = False

    def words(self, tab: str) -> str:
        """Return the number for people, "" when it is unknown."""
        value = self.tabs[tab]
        if value is None:
            return ""
        return f"{number(value)}+" if self.at_least and value <= CAP else capped(value)


def count(filters: TaskFilter, page: Page, picture: Snapshot) -> Numbers:
    """Count what the page shows beside its rows; in time, or not at all."""
    if not filters.is_valid():
        return Numbers(dict.fromkeys(TABS))
    try:
        with deadline(SECONDS):
            answers = scalars.ask(asked) if (asked := {**each_tab(filters), **above(filters, page)}) else {}
            new = answers.pop("above", 0)
            tabs = answers or on_tabs(filters, picture)
            return Numbers(tabs, new, at_least=not filters.has_time and exceeds(filters, tabs))
    except TookTooLong:
        return Numbers(dict.fromkeys(TABS) if filters.is_narrowed else picture.counts)


def on_tabs(filters: TaskFilter, picture: Snapshot) -> Mapping[str, int | None]:
    if not filters.is_narrowed:
        return picture.counts
    if filters.has_time or filters.is_sparse:
        return dict.fromkeys(TABS)
    return among_newest(filters)


def exceeds(filters: TaskFilter, tabs: Mapping[str, int | None]) -> bool:
    return filters.is_narrowed and (tabs[""] or 0) > CAP


def each_tab(filters: TaskFilter) -> scalars.Questions:
    """A time means another column on the tabs of ended tasks, so each tab is asked for itself, where an index helps."""
    if not filters.has_time or filters.must_walk:
        return {}
    return {tab: scalars.capped_count(filters.in_tab(tab)) for tab in TABS}


def among_newest(filters: TaskFilter) -> dict[str, int | None]:
    """Sort the newest 10 000 rows by tab: an index walk of known length, where a rare status would scan for ever."""
    newest = filters.in_tab("").order_by("-created", "-id")[: CAP + 1]
    kinds = {tab: Count("pk", filter=KINDS[tab]) for tab in NARROW}
    found = newest.aggregate(everything=Count("pk"), **kinds)
    return {"": found.pop("everything"), **found}


def above(filters: TaskFilter, page: Page) -> scalars.Questions:
    if filters.looks_into_texts or not page.place.top or not page.top:
        return {}
    rows = rows_above(filters, page.order, page.place.top)
    return {"above": scalars.capped_count(rows, NEW_CAP)}


def rows_above(filters: TaskFilter, order: Order, top: Cursor) -> QuerySet[Task]:
    """Return the rows that came before the one where the reader began."""
    return order.with_key(filters.qs).filter(order.beyond(top, backwards=True))
