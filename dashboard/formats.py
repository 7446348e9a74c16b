"""Times, durations, numbers and values in the words that every page shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

NOTHING = "\N{EN DASH}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
LONGEST_VALUE = 160
CAP = 10_000
DAYS, HOURS, MINUTES = gettext_noop("%s d"), gettext_noop("%s h"), gettext_noop("%s min")
UNITS = ((86_400, DAYS), (3_600, HOURS), (60, MINUTES))


def distance(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    if -1 < seconds < 1:
        return _("just now")
    return _("%s ago") % coarse(seconds) if seconds > 0 else _("in %s") % coarse(-seconds)


def coarse(value: float | timedelta | None) -> str:
    """A duration in one unit: "42 s", "14 min", "7 h", "3 d"."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    for size, words in UNITS:
        if seconds >= 2 * size or (size == 60 and seconds >= 60):
            return _(words) % int(seconds // size)
    return _("%s s") % int(seconds)


def duration(value: float | timedelta | None) -> str:
    """How long something took, exact enough to compare: "84 ms", "0.84 s", "11.4 s", "3 min 12 s", "24 d 11 h"."""
    if value is None:
        return NOTHING
    seconds = max(value.total_seconds() if isinstance(value, timedelta) else float(value), 0.0)
    if seconds < 0.1:
        return _("%s ms") % f"{seconds * 1000:.0f}"
    if seconds < 60:
        return _("%s s") % (f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return _("%(days)s d %(hours)s h") % {"days": hours // 24, "hours": hours % 24}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{minutes:02}"}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": f"{rest:02}"}


def window_words(name: str) -> str:
    """Return a stretch of time such as "24h" or "7d" as people write it, never broken between two lines."""
    words = HOURS if name[-1] == "h" else DAYS
    return (_(words) % name[:-1]).replace(" ", "\N{NO-BREAK SPACE}")


def brief(value: float | timedelta | None) -> str:
    """How long something took, for a narrow place: from a minute on in one unit."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return coarse(seconds) if seconds is not None and seconds >= 60 else duration(seconds)


def day_and_time(local: datetime, seconds: bool = False) -> str:
    """A moment of another day: "24 Nov 09:30"."""
    return date_format(local, "j M H:i:s" if seconds else "j M H:i")


def number(value: int | None) -> str:
    """A whole number with narrow spaces between thousands."""
    return NOTHING if value is None else f"{value:,}".replace(",", NARROW_SPACE)


def capped(count: int | None) -> str:
    """A capped count in words: "10 000+" when there are more."""
    return f"{number(CAP)}+" if count is not None and count > CAP else number(count)


def compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}\N{HORIZONTAL ELLIPSIS}"


def arguments_text(values: Any) -> str:
    """Arguments as one line of plain text."""
    if not isinstance(values, Mapping):
        return compact(values)
    return " ".join(f"{key}={compact(value)}" for key, value in values.items())
