"""What a page of the list shows beside its rows: the number on each tab, and how many rows wait above."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.deadline import TookTooLong, deadline
from dashboard.filters import TABS, TaskFilter
from dashboard.formats import CAP, capped, number
from dashboard.selectors import scalars, tabs, tasks
from dashboard.selectors.keyset import ORDERS, Cursor, Order
from dashboard.selectors.snapshot import Snapshot
from dashboard.selectors.tasks import Page, Place
from dashboard.selectors.viewer import Viewer
from django_simple_queue.models import Task

NEW_CAP = 99


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number on each tab, None where it is unknown; on the tabs ``at_least`` may be more. ``new`` waits above."""

    tabs: Mapping[str, int | None]
    new: int = 0
    at_least: Collection[str] = ()

    def words(self, tab: str) -> str:
        """Return the number for people, "" when it is unknown."""
        value = self.tabs[tab]
        if value is None:
            return ""
        return f"{number(value)}+" if tab in self.at_least else capped(value)

    def exact(self, tab: str) -> int | None:
        """Return the number, None unless it is that of all rows."""
        value = self.tabs[tab]
        return None if value is None or value > CAP or tab in self.at_least else value


def look(filters: TaskFilter, place: Place, viewer: Viewer, picture: Snapshot) -> tuple[Page, Numbers]:
    """Return the page and the numbers beside it; what the database does not tell in time is missing."""
    page, numbers = Page((), ORDERS[filters.tab], place, viewer, late=True), known(filters, picture)
    with suppress(TookTooLong), deadline():
        page = tasks.found(filters, place, viewer, picture)
        numbers = count(filters, page, numbers)
    return page, numbers


def known(filters: TaskFilter, picture: Snapshot) -> Numbers:
    is_whole = filters.is_valid() and not filters.is_narrowed
    return Numbers(picture.counts if is_whole else dict.fromkeys(TABS))


def count(filters: TaskFilter, page: Page, known: Numbers) -> Numbers:
    if not filters.is_valid():
        return known
    told = tabs.ask(filters, above(filters, page))
    new = told.others.get("above", 0)
    if told.tabs:
        told = told.having(filters.tab, page.matching + new, is_all=page.is_whole and new <= NEW_CAP)
    return Numbers(told.tabs or known.tabs, new, told.at_least)


def above(filters: TaskFilter, page: Page) -> scalars.Questions:
    if filters.looks_into_texts or not page.place.top or not page.top:
        return {}
    rows = rows_above(filters, page.order, page.place.top)
    return {"above": scalars.capped_count(rows, NEW_CAP)}


def rows_above(filters: TaskFilter, order: Order, top: Cursor) -> QuerySet[Task]:
    """Return the rows that came before the one where the reader began."""
    return order.with_key(filters.qs).filter(order.beyond(top, backwards=True))
