"""The one filter language: the list, its counts and links, acting on many and exports all use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from dashboard import tokens
from dashboard.conditions import Recorder
from dashboard.filter_kinds import ArgumentsFilter, ComparisonFilter, MomentFilter, TimesInOrder
from dashboard.filter_words import A_NUMBER, A_SPAN, A_WORKER, HAS, STALLED, chip, choose, problem, stored_fingerprint
from dashboard.periods import LABELS, Comparison, bounds, small_number, span
from dashboard.states import CONDITIONS
from django_simple_queue.models import Task, Worker
from django_simple_queue.models.audit.scope import RAN
from django_simple_queue.models.task import TaskQuerySet

TABS = {
    "": _("All"),
    "queued": _("Queued"),
    "scheduled": _("Scheduled"),
    "retrying": _("Retrying"),
    "progress": _("In progress"),
    "completed": _("Completed"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}
ENDED = ("completed", "failed", "cancelled")
IN_ORDER = ("status", "time", "since", "until")
UNINDEXED = ("worker", "error", "args", "attempt", "duration", "has", "q")
EQUAL = ("task", "queue", "fingerprint")
SCANNED = (*EQUAL, *UNINDEXED)
PAGING = ("older", "newer", "top", "live")


def time_field(tab: str) -> str:
    """Return the column that a time filter means: when ended tasks ended, when others were created."""
    return "finished" if tab in ENDED else "created"


def is_stalled() -> Q:
    """Return the condition for tasks in progress that no live worker holds; on columns alone, so it can be frozen."""
    alive = Worker.objects.live().values_list("pk", flat=True)
    return Q(status=Task.PROGRESS) & ~Q(worker__in=list(alive))


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Strict: when a value is not valid, ``errors`` says which, and nothing matches."""

    status = django_filters.ChoiceFilter(
        method="narrow_status",
        choices=[(slug, label) for slug, label in TABS.items() if slug],
        error_messages=choose(slug for slug in TABS if slug),
    )
    task = django_filters.CharFilter(max_length=255)
    queue = django_filters.CharFilter(max_length=64)
    worker = django_filters.UUIDFilter(error_messages={"invalid": A_WORKER})
    fingerprint = django_filters.CharFilter(method="narrow_fingerprint", max_length=16)
    error = django_filters.CharFilter(method="leave_to_search", max_length=200)
    args = ArgumentsFilter(method="leave_to_search", max_length=200)
    attempt = ComparisonFilter(method="narrow_attempt", read=small_number, wanted=A_NUMBER, max_length=20)
    duration = ComparisonFilter(method="narrow_duration", read=span, wanted=A_SPAN, max_length=40)
    has = django_filters.ChoiceFilter(method="narrow_has", choices=list(HAS.items()), error_messages=choose(HAS))
    time = django_filters.ChoiceFilter(
        method="narrow_period", choices=list(LABELS.items()), error_messages=choose(LABELS)
    )
    since = MomentFilter(method="narrow_since", max_length=60)
    until = MomentFilter(method="narrow_until", ends=True, max_length=60)
    q = django_filters.CharFilter(method="leave_to_search", max_length=200)

    class Meta:
        model, form = Task, TimesInOrder
        fields: tuple[str, ...] = ()

    @cached_property
    def values(self) -> dict[str, Any] | None:
        """The values as they are understood, by name; None unless all of them are valid."""
        values: dict[str, Any] | None = self.form.cleaned_data if self.form.is_valid() else None
        return values

    def is_valid(self) -> bool:
        return self.values is not None

    @property
    def qs(self) -> TaskQuerySet:
        rows: TaskQuerySet = self.queryset.all()
        if self.values is None:
            return rows.none()
        for name, value in self.values.items():
            rows = self.narrowed(rows, name, value) if value else rows
        return rows

    def narrowed(self, rows: TaskQuerySet, name: str, value: Any) -> TaskQuerySet:
        method = self.filters[name].method
        return getattr(self, method)(rows, name, value) if method else rows.filter(**{name: value})

    @property
    def tab(self) -> str:
        return str(self.value("status"))

    @property
    def text(self) -> str:
        """What to look for in ids, task paths, arguments and errors."""
        return str(self.value("q")).strip()

    @property
    def looks_into_texts(self) -> bool:
        """Tell whether stored texts must be read, and redacted, to know what matches."""
        return any(self.value(name) for name in ("q", "error", "args"))

    @property
    def leading(self) -> str:
        """The filter, besides those of IN_ORDER, that an index answers in the order of the list."""
        if self.tab:
            return "fingerprint" if self.tab == "failed" else ""
        return "task" if self.value("task") else "queue"

    @property
    def must_walk(self) -> bool:
        """Tell whether no index leads to what matches in the order of the list: rows are then looked at one by one."""
        return any(self.value(name) for name in SCANNED if name != self.leading)

    @property
    def walked(self) -> TaskFilter:
        """Return those of these filters that an index answers in the order of the list."""
        return self.without(name for name in self.filters if name not in (*IN_ORDER, self.leading))

    @property
    def rest(self) -> TaskFilter:
        """Return those of these filters that ``walked`` leaves out."""
        return self.without((*IN_ORDER, self.leading))

    @property
    def conditions(self) -> tuple[Q, ...]:
        """Return these filters, but for texts, as conditions on columns of tasks and on "ran", how long one ran."""
        other = copy(self)
        other.queryset = Recorder(Task)
        said: tuple[Q, ...] = other.qs.said  # type: ignore[attr-defined]
        return said

    @property
    def looked_through(self) -> TaskQuerySet:
        """Return what matches, in words that no other index answers than that of ``walked``.

        A planner that thinks little of the order reads and sorts all rows of a task, say, for a page of them.
        """
        rows = self.without(self.besides).qs
        as_read = {f"{name}_as_read": Coalesce(name, Value("")) for name in self.besides}
        return rows.alias(**as_read).filter(**{f"{name}_as_read": value for name, value in self.besides.items()})

    @property
    def besides(self) -> dict[str, str]:
        """Return what columns of a row that ``walked`` finds must be besides, for all but UNINDEXED filters."""
        found = {name: str(self.value(name)) for name in EQUAL if name != self.leading and self.value(name)}
        if "fingerprint" in found:
            found["fingerprint"] = stored_fingerprint(found["fingerprint"])
        return found

    @property
    def is_narrowed(self) -> bool:
        """Tell whether more than a tab is chosen."""
        return any(self.value(name) for name in self.filters if name != "status")

    @property
    def has_time(self) -> bool:
        return any(self.value(name) for name in ("time", "since", "until"))

    def value(self, name: str) -> Any:
        return (self.values or {}).get(name) or ""

    def on_tab(self, tab: str) -> TaskFilter:
        """Return these filters on another tab; texts are left out, for they cannot be counted."""
        return self.having({"status": tab, "q": "", "error": "", "args": ""})

    def without(self, names: Iterable[str]) -> TaskFilter:
        return self.having(dict.fromkeys(names))

    def having(self, values: Mapping[str, Any]) -> TaskFilter:
        """Return these filters with other values of some; what was asked for is not read, nor judged, anew."""
        other = copy(self)
        other.values = None if self.values is None else {**self.values, **values}
        return other

    def in_tab(self, tab: str) -> TaskQuerySet:
        return self.on_tab(tab).qs

    def narrow_status(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return rows.filter(CONDITIONS[value])

    def narrow_attempt(self, rows: TaskQuerySet, name: str, value: Comparison) -> TaskQuerySet:
        return rows.filter(**value.on("attempt"))

    def narrow_duration(self, rows: TaskQuerySet, name: str, value: Comparison) -> TaskQuerySet:
        ran = rows.filter(started__isnull=False).exclude(status=Task.QUEUED)
        return ran.alias(ran=RAN).filter(**value.on("ran"))

    def narrow_fingerprint(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return rows.filter(fingerprint=stored_fingerprint(value))

    def narrow_has(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        if value == STALLED:
            return rows.filter(is_stalled())
        return rows.filter(Q(**{f"{value}__isnull": False}) & ~Q(**{value: ""}))

    def narrow_period(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        start, end = bounds(value)
        rows = self.narrow_since(rows, name, start)
        return rows if end is None else rows.filter(Q((f"{time_field(self.tab)}__lt", end)))

    def narrow_since(self, rows: TaskQuerySet, name: str, value: datetime) -> TaskQuerySet:
        return rows.filter(Q((f"{time_field(self.tab)}__gte", value)))

    def narrow_until(self, rows: TaskQuerySet, name: str, value: datetime) -> TaskQuerySet:
        return rows.filter(Q((f"{time_field(self.tab)}__lte", value)))

    def leave_to_search(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return rows

    def problems(self) -> list[str]:
        """Return a sentence for each value that is not valid."""
        if self.is_valid():
            return []
        return [problem(name, self.data.get(name), errors) for name, errors in self.errors.items()]

    @property
    def times_in_words(self) -> str:
        """Which times are meant: those of the tab, so that a number on one may be less than that on another."""
        return ", ".join(f"{label} {value}" for name, label, value in self.chips() if name in IN_ORDER)

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (name, label, value in words) of each filter besides the tab."""
        given = [(name, self.data.get(name, "")) for name in self.filters if name != "status"]
        return [chip(name, value, ended=self.tab in ENDED) for name, value in given if value]


def read(query: QueryDict) -> TaskFilter:
    return TaskFilter(tokens.understood(query), Task.objects.all())
