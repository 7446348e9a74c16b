"""Dates and times: picked in the console's time zone, passed as ISO text."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.clocks import times
from dashboard.fields.base import Control, Problems, Raw
from dashboard.fields.scalars import Scalar


@dataclass(frozen=True, slots=True)
class Temporal(Scalar):
    """What its type reads from ISO text; ``input_type`` is the browser's picker."""

    input_type: ClassVar[str] = "date"
    step: ClassVar[str] = ""

    @abstractmethod
    def native(self, value: Any) -> Any:
        """Return what the ISO text ``value`` stands for; ValueError or None when it stands for nothing."""

    def accepts(self, value: Any) -> str:
        try:
            return "" if isinstance(value, str) and self.native(value) is not None else self.must_be(value)
        except ValueError:
            return self.must_be(value)

    def same(self, one: Any, other: Any) -> bool:
        """Two texts are the same when they stand for the same; what stands for nothing is like itself alone."""
        known = not (self.accepts(one) or self.accepts(other))
        return bool(self.native(one) == self.native(other) if known else one == other)

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        return Control("input", name, raw.get(name, ""), type=self.input_type, step=self.step)


@dataclass(frozen=True, slots=True)
class Day(Temporal):
    def native(self, value: Any) -> date:
        return date.fromisoformat(value)

    def words(self) -> str:
        return _("date")

    def spelled(self) -> str:
        return _("date as text, 2026-12-31")

    def parse(self, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError(_("“%s” is not a date such as 2026-12-31.") % text[:40]) from None


@dataclass(frozen=True, slots=True)
class Clock(Temporal):
    input_type = "time"
    step = "1"

    def native(self, value: Any) -> time:
        return time.fromisoformat(value)

    def words(self) -> str:
        return _("time of day")

    def spelled(self) -> str:
        return _("time as text, 18:00")

    def parse(self, text: str) -> str:
        try:
            return time.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError(_("“%s” is not a time such as 18:00.") % text[:40]) from None


@dataclass(frozen=True, slots=True)
class Moment(Temporal):
    input_type = "datetime-local"
    step = "1"

    def native(self, value: Any) -> datetime:
        return datetime.fromisoformat(value)

    def words(self) -> str:
        return _("date and time, %s") % timezone.get_current_timezone_name()

    def spelled(self) -> str:
        return _("date and time as text, 2026-12-31T18:00:00Z")

    def parse(self, text: str) -> str:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(_("“%s” is not a date and time such as 2026-12-31T18:00.") % text[:40]) from None
        return spelled_out(in_zone(moment) if timezone.is_naive(moment) else moment)

    def put(self, raw: Raw, name: str, value: Any) -> None:
        moment = self.native(value)
        if timezone.is_aware(moment) and moment.year not in (date.min.year, date.max.year):
            raw[name] = timezone.localtime(moment).replace(tzinfo=None).isoformat()


def in_zone(moment: datetime) -> datetime:
    """Return ``moment`` in the current time zone; ValueError for a time that its clocks skip or show twice."""
    if pair := times(moment.isoformat()):
        first, second = (each.isoformat() for each in pair)
        words = {"zone": timezone.get_current_timezone_name(), "first": first, "second": second}
        said = _(
            "The clocks of %(zone)s show this time twice: write %(first)s or %(second)s as JSON, or choose another."
        )
        raise ValueError(said % words)
    aware = timezone.make_aware(moment)
    try:
        real = aware.astimezone(UTC).astimezone(aware.tzinfo).replace(tzinfo=None) == moment
    except OverflowError:
        raise ValueError(_("The year %s is at the end of the calendar.") % moment.year) from None
    if not real:
        zone = timezone.get_current_timezone_name()
        raise ValueError(_("The clocks of %(zone)s skip %(time)s.") % {"zone": zone, "time": moment.isoformat(" ")})
    return aware


def spelled_out(moment: datetime) -> str:
    text = moment.isoformat()
    return text.replace("+00:00", "Z") if moment.utcoffset() == UTC.utcoffset(None) else text
