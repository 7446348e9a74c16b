"""How many of a group failed within an hour, a few, a day and a week, with the filters that list exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from dashboard.formats import number, window_words

WINDOWS = {"1h": 1, "3h": 3, "24h": 24, "7d": 168}


@dataclass(frozen=True, slots=True)
class Window:
    """How many failed within a window; ``query`` opens exactly these, ``heat`` is 0 but for the worst one."""

    name: str
    count: int
    at_least: bool
    query: str
    heat: int = 0

    @property
    def words(self) -> str:
        return window_words(self.name)

    @property
    def within(self) -> str:
        return _("in %s") % self.words

    @property
    def told(self) -> str:
        """The count, and whether there may be more."""
        return number(self.count) + ("+" if self.at_least else "")


def query_of(fingerprint: str, since: datetime | None, until: datetime) -> str:
    times = {"since": since.isoformat(), "until": until.isoformat()} if since else {}
    return urlencode({"status": "failed", "fingerprint": fingerprint, **times})


def heat(count: int) -> int:
    """Return how strongly a number is tinted: a step for each digit."""
    return min(len(str(count)), 4) if count else 0
