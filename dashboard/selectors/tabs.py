"""The number on each tab under other filters: of all rows where an index alone tells it, else among the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When

from dashboard.filters import ENDED, TABS, TaskFilter
from dashboard.selectors import scalars
from dashboard.selectors.scalars import Questions, capped_count, compiled
from django_simple_queue.models import Task, states

LOOKED_AT = 5_000
WAITING = ("queued", "scheduled", "retrying")
KINDS = {
    "": Q(pk__isnull=False),
    "queued": states.FOR_A_WORKER,
    "scheduled": states.FOR_ITS_TIME,
    "retrying": states.FOR_ANOTHER_ATTEMPT,
    "progress": Q(status=Task.PROGRESS),
    "completed": Q(status=Task.COMPLETED),
    "failed": Q(status=Task.FAILED),
    "cancelled": Q(status=Task.CANCELLED),
}


class Look(NamedTuple):
    """Rows in the order of an index, and what counts on which tab among the first 5 000 of them."""

    rows: QuerySet[Task]
    kinds: Mapping[str, Q]

    @property
    def table(self) -> tuple[str, tuple[Any, ...]]:
        """SQL for one row: how many were ``seen``, and how many of these count on each tab."""
        counted = {column(tab): Case(When(kind, then=Value(1)), default=Value(0)) for tab, kind in self.kinds.items()}
        sql, params = compiled(self.rows.values(**counted)[: LOOKED_AT + 1])
        sums = "".join(f", COALESCE(SUM({name}), 0) AS {name}" for name in counted)
        return f"SELECT COUNT(*) AS seen{sums} FROM ({sql}) looked", params  # noqa: S608


class Answers(NamedTuple):
    """On the tabs ``at_least`` there were more rows than were looked at; ``others`` is what was asked besides."""

    tabs: Mapping[str, int]
    at_least: frozenset[str]
    others: Mapping[str, int]

    def having(self, tab: str, count: int) -> Answers:
        """Return the same with what is known of a tab."""
        return self._replace(tabs={**self.tabs, tab: count}, at_least=self.at_least - {tab})


def can_be_counted(filters: TaskFilter) -> bool:
    return filters.is_narrowed and not filters.is_sparse and not (filters.has_time and filters.must_walk)


def ask(filters: TaskFilter, others: Questions) -> Answers:
    """Count what ``filters`` match on each tab, where that can be counted, and answer the ``others``: one statement."""
    tabs = {tab: filters.on_tab(tab) for tab in TABS} if can_be_counted(filters) else {}
    told = {tab: capped_count(each.qs) for tab, each in tabs.items() if is_told_by_an_index(each)}
    looks = {
        f"look_{number}": look for number, look in enumerate(looks_at(tabs, [tab for tab in tabs if tab not in told]))
    }
    seen = {name: (f"{name}.seen", ()) for name in looks}
    counted = {tab: (f"{name}.{column(tab)}", ()) for name, look in looks.items() for tab in look.kinds}
    asked = {**others, **told, **seen, **counted}
    found = scalars.ask(asked, {name: look.table for name, look in looks.items()}) if asked else {}
    more = [look.kinds for name, look in looks.items() if found[name] > LOOKED_AT]
    numbers = {tab: int(found[tab]) for tab in tabs}
    return Answers(numbers, frozenset().union(*more), {name: found[name] for name in others})


def is_told_by_an_index(filters: TaskFilter) -> bool:
    """Tell whether to count this tab for itself; without a time the newest rows tell most tabs at once."""
    return not filters.must_walk and filters.tab not in WAITING and (filters.has_time or filters.tab == "failed")


def looks_at(tabs: Mapping[str, TaskFilter], wanted: Iterable[str]) -> Iterator[Look]:
    """On the tabs of ended tasks a time means another column: there each tab is looked at for itself."""
    left = dict.fromkeys(wanted)
    for tab in ENDED:
        if tab in left and tabs[tab].has_time:
            del left[tab]
            yield Look(tabs[tab].walked.qs.order_by("-finished", "-id"), {tab: KINDS[""] & Q(**tabs[tab].besides)})
    if left:
        rows = tabs[""].walked.qs.order_by("-created", "-id")
        newest = rows.filter(status=Task.QUEUED) if left.keys() <= {*WAITING} else rows
        yield Look(newest, {tab: KINDS[tab] & Q(**tabs[""].besides) for tab in left})


def column(tab: str) -> str:
    return f"on_{tab or 'all'}"
