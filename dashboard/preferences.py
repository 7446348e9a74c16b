"""What an operator has chosen for this browser, kept in cookies: theme, time zone, interval of updates, keys."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

A_YEAR = 365 * 24 * 3600
PREFIX = "simple_queue_dashboard_"


@dataclass(frozen=True, slots=True)
class Preference:
    """One choice; its first value is what holds without a cookie."""

    name: str
    values: tuple[str, ...]

    @property
    def cookie(self) -> str:
        return f"{PREFIX}{self.name}"

    def of(self, request: HttpRequest) -> str:
        chosen = request.COOKIES.get(self.cookie, "")
        return chosen if chosen in self.values else self.values[0]


THEME = Preference("theme", ("", "light", "dark"))
INTERVAL = Preference("every", ("2", "1", "5", "15", "60", "0"))
KEYS = Preference("keys", ("on", "off"))
ZONE = "zone"
NOT_OF_BROWSERS = {"Factory", "localtime", "posixrules", "leapseconds"}
ZONE_COOKIE = f"{PREFIX}{ZONE}"
LABELS = {
    "theme": gettext_lazy("Theme"),
    "every": gettext_lazy("Updates"),
    "keys": gettext_lazy("Single-key shortcuts"),
    ZONE: gettext_lazy("Time zone"),
}
CHOICES = {preference.name: preference for preference in (THEME, INTERVAL, KEYS)}


def zone(request: HttpRequest) -> str:
    """Return the name of the time zone that the operator has chosen, "" for the server's."""
    chosen = request.COOKIES.get(ZONE_COOKIE, "")
    return chosen if chosen in zones() else ""


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOT_OF_BROWSERS)


def in_zone(request: HttpRequest) -> AbstractContextManager[None]:
    """Let times be read and written in the operator's time zone while a view answers."""
    chosen = zone(request)
    return timezone.override(ZoneInfo(chosen)) if chosen else nullcontext()


def keep(response: HttpResponseBase, name: str, value: str) -> None:
    """Remember a choice in the operator's browser, as the page's script does.

    Raises ValueError, in a sentence, for one that does not exist.
    """
    if name == ZONE:
        known, cookie = not value or value in zones(), ZONE_COOKIE
    else:
        known, cookie = name in CHOICES and value in CHOICES[name].values, f"{PREFIX}{name}"
    if not known:
        words = {"value": f"{value:.60}", "choice": LABELS[name]}
        raise ValueError(_("“%(value)s” is not among the choices for: %(choice)s.") % words)
    response.set_cookie(cookie, value, max_age=A_YEAR, samesite="Lax")
