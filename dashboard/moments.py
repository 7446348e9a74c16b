"""Moments as people say them, with the exact time behind the words."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboard.formats import NOTHING, coarse, distance


def ago(moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """A moment as "9 s ago" or "in 7 h", with the exact time behind it."""
    if moment is None:
        return format_html('<span class="dash">{}</span>', NOTHING)
    now = now or timezone.now()
    return stamp(moment, distance(moment, now), int((moment - now).total_seconds()))


def until(moment: datetime, now: datetime) -> SafeString:
    """A moment to come as "in 7 s"; the last second lasts until a worker takes the task."""
    left = max(ceil((moment - now).total_seconds()), 1)
    return stamp(moment, _("in %s") % coarse(left), left)


def clock(moment: datetime | None) -> SafeString | str:
    """A moment as the time of day in the console's time zone, with the exact time behind it."""
    return NOTHING if moment is None else stamp(moment, f"{timezone.localtime(moment):%H:%M:%S}")


def stamp(moment: datetime, words: str, left: int = 0) -> SafeString:
    """``left`` seconds are counted down by the page, until it gets the next words."""
    local = timezone.localtime(moment)
    exact, machine = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}", f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    counts = format_html(' data-left="{}"', left) if 0 < left < 60 else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', machine, exact, counts, words)
