"""The words of the filters: what their values are called, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashboard import ids
from dashboard.periods import LABELS, time_of_day
from django_simple_queue.redaction import visible

STALLED = "no_worker"
HAS = {
    "error": _("with an error"),
    "output": _("with output"),
    "log": _("with a log"),
    STALLED: _("stalled: no live worker holds it"),
}
NO_GROUP = "none"
CHIPS = {
    "task": _("task"),
    "queue": _("queue"),
    "worker": _("worker"),
    "fingerprint": _("fingerprint"),
    "error": _("error"),
    "args": _("arguments"),
    "attempt": _("attempt"),
    "duration": _("duration"),
    "has": _("only"),
    "q": _("text"),
}
TYPED = {"status": _("status"), "has": _("has"), "time": _("time"), "since": _("since"), "until": _("until")}
WORDS: Mapping[str, Mapping[str, Any]] = {"time": LABELS, "has": HAS, "fingerprint": {NO_GROUP: _("in no group")}}
A_NUMBER = _("Write a whole number such as 2, >1, <=3 or 2..5.")
A_WORKER = _("No such worker is known. Write host:pid as the Workers page shows it, or choose one under More.")
A_SPAN = _("Write a length of time such as >10s, <200ms, >=1.5h or 1m..5m.")
MOST_QUOTED = 60


def choose(known: Iterable[str]) -> dict[str, Any]:
    """Return what a filter says of a value that is none of those it knows."""
    return {"invalid_choice": format_lazy(_("That is not known. Choose one of {known}."), known=", ".join(known))}


def chip(name: str, value: str, *, ended: bool) -> tuple[str, str, str]:
    """Return (name, label, value in words) of a filter; ``ended``: times are those of the end."""
    part = ids.part(value) if name == "q" else None
    if part and part.surely:
        return name, gettext("id"), part.words
    field = gettext("finished") if ended else gettext("created")
    times = {"time": field, "since": gettext("%s since") % field, "until": gettext("%s until") % field}
    return name, str({**CHIPS, **times}[name]), str(WORDS.get(name, {}).get(value) or in_times(name, value))


def in_times(name: str, value: str) -> str:
    return time_of_day(value) if name in ("since", "until") else value


def stored_fingerprint(value: str) -> str:
    return "" if value == NO_GROUP else value


def problem(name: str, value: object, errors: Iterable[str]) -> str:
    text = visible(str(value))
    short = text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}…"
    label = {**CHIPS, **TYPED}.get(name, name)
    return f"{label} “{short}”: {' '.join(errors)}"
