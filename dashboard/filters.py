"""The one filter language: the list, its counts, its links and, later, bulk actions and exports all use it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from django_simple_queue.models import Task
from django_simple_queue.models.task import TaskQuerySet

TABS = {
    "": "All",
    "queued": "Queued",
    "scheduled": "Scheduled",
    "retrying": "Retrying",
    "progress": "In progress",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
NARROW: dict[str, Callable[[TaskQuerySet], TaskQuerySet]] = {
    "queued": TaskQuerySet.queued,
    "scheduled": TaskQuerySet.scheduled,
    "retrying": TaskQuerySet.retrying,
    "progress": TaskQuerySet.running,
    "completed": lambda rows: rows.filter(status=Task.COMPLETED),
    "failed": lambda rows: rows.filter(status=Task.FAILED),
    "cancelled": lambda rows: rows.filter(status=Task.CANCELLED),
}
PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
PERIOD_LABELS = {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days"}
ENDED = ("completed", "failed", "cancelled")
TOKEN = re.compile(r"^(status|task|queue|worker|time|since|until):(.+)$")
ID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")


def check_year(value: datetime) -> None:
    """Refuse the ends of the calendar: another time zone may have no such moment."""
    if not datetime.min.year < value.year < datetime.max.year:
        raise ValidationError("The year must be between 2 and 9998.")


def time_field(tab: str) -> str:
    """Return the column that a time filter means: when ended tasks ended, when others were created."""
    return "finished" if tab in ENDED else "created"


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Strict: when a value is not valid, ``errors`` says which, and nothing matches."""

    status = django_filters.ChoiceFilter(
        method="narrow_status", choices=[(slug, label) for slug, label in TABS.items() if slug]
    )
    task = django_filters.CharFilter(max_length=255)
    queue = django_filters.CharFilter(max_length=64)
    worker = django_filters.UUIDFilter()
    time = django_filters.ChoiceFilter(method="narrow_period", choices=list(PERIOD_LABELS.items()))
    since = django_filters.IsoDateTimeFilter(method="narrow_since", validators=[check_year])
    until = django_filters.IsoDateTimeFilter(method="narrow_until", validators=[check_year])
    q = django_filters.CharFilter(method="leave_to_search", max_length=200)

    class Meta:
        model = Task
        fields: tuple[str, ...] = ()

    @property
    def qs(self) -> TaskQuerySet:
        rows: TaskQuerySet = super().qs if self.is_valid() else self.queryset.none()
        return rows

    @property
    def tab(self) -> str:
        return str(self.value("status"))

    @property
    def text(self) -> str:
        """What to look for in ids, task paths, arguments and errors."""
        return str(self.value("q")).strip()

    @property
    def is_narrowed(self) -> bool:
        """Tell whether more than a tab is chosen."""
        return any(self.value(name) for name in self.filters if name != "status")

    @property
    def has_time(self) -> bool:
        return any(self.value(name) for name in ("time", "since", "until"))

    def value(self, name: str) -> Any:
        return (self.form.cleaned_data.get(name) if self.is_valid() else None) or ""

    def in_tab(self, tab: str) -> TaskQuerySet:
        """Return what these filters match in another tab; text is left out, for it cannot be counted."""
        other = TaskFilter({**self.data.dict(), "status": tab, "q": ""}, Task.objects.all())
        return other.qs

    def narrow_status(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return NARROW[value](rows)

    def narrow_period(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return self.narrow_since(rows, name, timezone.now() - PERIODS[value])

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
        return [f"{name}={shown(self.data.get(name))}: {' '.join(errors)}" for name, errors in self.errors.items()]

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (name, label, value in words) of each filter besides the tab."""
        labels = {"q": "text", "time": time_field(self.tab), "since": f"{time_field(self.tab)} since"}
        labels["until"] = f"{time_field(self.tab)} until"
        given = [(name, self.data.get(name, "")) for name in self.filters if name != "status"]
        return [(name, labels.get(name, name), PERIOD_LABELS.get(value, value)) for name, value in given if value]


def shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


def read(query: QueryDict) -> TaskFilter:
    return TaskFilter(query, Task.objects.all())


def spread_tokens(query: QueryDict) -> QueryDict | None:
    """Return the query with ``key:value`` words of its text moved to their own parameters; None without such words."""
    words = split(query.get("q", ""))
    tokens = [match.groups() for match in map(TOKEN.match, words) if match]
    if not tokens:
        return None
    spread = query.copy()
    spread["q"] = " ".join(word for word in words if not TOKEN.match(word))
    for name, value in tokens:
        spread[name] = value
    if not spread["q"]:
        del spread["q"]
    return spread


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def pasted_id(query: QueryDict) -> UUID | None:
    """Return the id when the text is nothing but an id."""
    text = query.get("q", "").strip()
    return UUID(text) if ID.match(text) else None
