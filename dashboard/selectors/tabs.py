"""The number on each tab under other filters: of all rows where an index alone tells it, else among the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When

from dashboard.filters import ENDED, TABS, TaskFilter
from dashboard.selectors import scalars
from dashboard.selectors.scalars import Questions, capped_count
from dashboard.statements import compiled
from dashboard.states import CONDITIONS
from django_simple_queue.models import Task
from django_simple_queue.models.audit.scope import COMPUTED

LOOKED_AT = 5_000
"""In all: with a time, which means another column on the tabs of ended tasks, a quarter of them in each order."""
WAITING = ("queued", "scheduled", "retrying")
KINDS = {"": Q(pk__isnull=False), **CONDITIONS}


class Look(NamedTuple):
    """Rows in the order of an index; those of the first that ``fit`` are counted, each on its tab of ``kinds``."""

    rows: QuerySet[Task]
    kinds: Mapping[str, Q]
    fit: Q

    def table(self, most: int) -> tuple[str, tuple[Any, ...]]:
        """SQL for one row: how many were ``seen``, one more than ``most`` for "more", and how many count on each tab.

        What fits is asked once a row: SQLite calls Python for a length of time.
        """
        counted = {column(tab): told(kind) for tab, kind in self.kinds.items()}
        sql, params = compiled(self.rows.alias(**COMPUTED).values(fits=told(self.fit), **counted)[: most + 1])
        sums = "".join(f", COALESCE(SUM(fits * {name}), 0) AS {name}" for name in counted)
        return f"SELECT COUNT(*) AS seen{sums} FROM ({sql}) looked", params  # noqa: S608


def told(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0))


class Answers(NamedTuple):
    """On the tabs ``at_least`` there were more rows than were looked at; ``others`` is what was asked besides."""

    tabs: Mapping[str, int]
    at_least: frozenset[str]
    others: Mapping[str, int]

    def having(self, tab: str, count: int, is_all: bool) -> Answers:
        """Return the same with what is known of a tab: so many match, and more unless that ``is_all``."""
        known = count if is_all else max(count, self.tabs[tab])
        at_least = self.at_least - {tab} if is_all else self.at_least
        return self._replace(tabs={**self.tabs, tab: known}, at_least=at_least)


def can_be_counted(filters: TaskFilter) -> bool:
    """Tell whether no text must be read, and redacted, to know what matches."""
    return filters.is_narrowed and not filters.looks_into_texts


def ask(filters: TaskFilter, others: Questions) -> Answers:
    """Count what ``filters`` match on each tab, where that can be counted, and answer the ``others``: one statement."""
    tabs = {tab: filters.on_tab(tab) for tab in TABS} if can_be_counted(filters) else {}
    indexed = {tab: capped_count(each.qs) for tab, each in tabs.items() if is_told_by_an_index(each)}
    left = [tab for tab in tabs if tab not in indexed]
    looks = {f"look_{number}": look for number, look in enumerate(looks_at(tabs, left))}
    seen = {name: (f"{name}.seen", ()) for name in looks}
    counted = {tab: (f"{name}.{column(tab)}", ()) for name, look in looks.items() for tab in look.kinds}
    asked = {**others, **indexed, **seen, **counted}
    most = LOOKED_AT // max(len(looks), 1)
    found = scalars.ask(asked, {name: look.table(most) for name, look in looks.items()}) if asked else {}
    more = [look.kinds for name, look in looks.items() if found[name] > most]
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
            yield Look(tabs[tab].walked.qs.order_by("-finished", "-id"), {tab: KINDS[""]}, fit(tabs[tab]))
    if left:
        rows = tabs[""].walked.qs.order_by("-created", "-id")
        newest = rows.filter(status=Task.QUEUED) if left.keys() <= {*WAITING} else rows
        yield Look(newest, {tab: KINDS[tab] for tab in left}, fit(tabs[""]))


def fit(filters: TaskFilter) -> Q:
    return KINDS[""] & Q(*filters.rest.conditions)


def column(tab: str) -> str:
    return f"on_{tab or 'all'}"
