"""Moments, spans of time and comparisons as operators write them: "2h", "yesterday", ">10s", "2..5"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LENGTHS = {"15m": 15, "1h": 60, "3h": 180, "24h": 1440, "7d": 10_080}
LABELS = {
    "15m": _("last 15 minutes"),
    "1h": _("last hour"),
    "3h": _("last 3 hours"),
    "24h": _("last 24 hours"),
    "7d": _("last 7 days"),
    "today": _("today"),
    "yesterday": _("yesterday"),
}
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_SECONDS = 36_500 * 86_400
SPAN = re.compile(r"^(\d+(?:\.\d+)?) ?(ms|s|m|min|h|d|w)$")
COMPARED = re.compile(r"^(>=|<=|>|<)?(.+?)(?:\.\.(.+))?$")
LOOKUPS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}


def span(text: str) -> timedelta:
    """Return "90s", "1.5h" or "200ms" as a timedelta; a bare number is seconds. Raises ValueError."""
    match = SPAN.match(text.strip())
    seconds = float(match[1]) * SECONDS[match[2]] if match else float(text)
    if not abs(seconds) <= LONGEST_SECONDS:
        raise ValueError(text)
    return timedelta(seconds=seconds)


_now: ContextVar[datetime | None] = ContextVar("now", default=None)


@contextmanager
def as_of(instant: datetime) -> Iterator[None]:
    """Let "now" be ``instant`` in this block, for all that is said relative to it."""
    token = _now.set(instant)
    try:
        yield
    finally:
        _now.reset(token)


def now() -> datetime:
    return _now.get() or timezone.now()


def start_of_day(days_ago: int = 0) -> datetime:
    """Return when a day began in the operator's time zone."""
    day = timezone.localdate(now()) - timedelta(days=days_ago)
    return timezone.make_aware(datetime.combine(day, time()))


def bounds(period: str) -> tuple[datetime, datetime | None]:
    """Return the first moment of a named period, and the one it ends before, None for now."""
    if period in LENGTHS:
        return now() - timedelta(minutes=LENGTHS[period]), None
    return (start_of_day(), None) if period == "today" else (start_of_day(1), start_of_day())


def moment(text: str, *, ends: bool = False) -> datetime:
    """Return a moment: ISO 8601 (without a zone the operator's), a day, "today", "yesterday", or "2h" ago.

    A day is its first moment, and its last one when it ``ends`` something.
    """
    text = text.strip()
    try:
        if SPAN.match(text):
            return now() - span(text)
        day = day_named(text)
        return written(text) if day is None else edge(day, ends)
    except (ValueError, OverflowError) as error:
        wanted = gettext("Write a moment such as 2026-11-24, 2026-11-24T09:30, 2h (ago), today or yesterday.")
        raise ValidationError(wanted) from error


def day_named(text: str) -> date | None:
    if text in ("today", "yesterday"):
        return timezone.localdate(now()) - timedelta(days=text == "yesterday")
    return parse_date(text)


def edge(day: date, ends: bool) -> datetime:
    """Return the first moment of a day in the operator's time zone, or the last one that a database can tell."""
    check_year(day.year)
    midnight = timezone.make_aware(datetime.combine(day + timedelta(days=ends), time()))
    return just_before(midnight) if ends else midnight


def just_before(moment: datetime) -> datetime:
    """Return the last moment before ``moment`` that a database can tell, though the clocks go back in between."""
    return moment.astimezone(UTC) - timedelta(microseconds=1)


def written(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    check_year(found.year)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def time_of_day(text: str) -> str:
    """Return what says a time of a day in the operator's words and zone ("29 Nov 02:52"), all else as it is."""
    try:
        if parse_date(text):
            return text
        local = timezone.localtime(written(text))
    except (ValueError, OverflowError, ValidationError):
        return text
    return date_format(local, "j M H:i" if local.year == timezone.localtime(now()).year else "j M Y H:i")


def check_year(year: int) -> None:
    if not datetime.min.year < year < datetime.max.year:  # another time zone may have no such moment
        raise ValidationError(gettext("The year must be between 2 and 9998."))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Conditions on one value: lookups such as {"gt": 3}."""

    lookups: dict[str, Any]

    def on(self, name: str) -> dict[str, Any]:
        return {f"{name}__{lookup}": value for lookup, value in self.lookups.items()}


def compare(text: str, read: Callable[[str], Any]) -> Comparison:
    """Return ">3", "<=3", "3" or "3..5" (both included, either first) as a Comparison of what ``read`` makes of it."""
    match = COMPARED.match(text.strip())
    if match is None or (match[1] and match[3]):
        raise ValueError(text)
    if match[3]:
        return Comparison(dict(zip(("gte", "lte"), sorted((read(match[2]), read(match[3]))), strict=True)))
    return Comparison({LOOKUPS.get(match[1] or "", "exact"): read(match[2])})


class MomentField(forms.CharField):
    """``ends``: a day means all of it."""

    def __init__(self, *, ends: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.ends = ends

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        return moment(text, ends=self.ends) if text else None


class ComparisonField(forms.CharField):
    """``read`` turns one number or span of the text into a value; ``wanted`` says what to write."""

    def __init__(self, *, read: Callable[[str], Any], wanted: Any, **options: Any) -> None:
        super().__init__(**options)
        self.read, self.wanted = read, wanted

    def clean(self, value: Any) -> Comparison | None:
        text = super().clean(value)
        try:
            return compare(text, self.read) if text else None
        except (ValueError, OverflowError) as error:
            raise ValidationError(self.wanted) from error


def small_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 1_000_000:
        raise ValueError(text)
    return number
