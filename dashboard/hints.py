"""What to write instead, for a text that finds nothing because it only looks like a word of the search box."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from dashboard import tokens
from dashboard.filters import TABS
from dashboard.states import STALLED

STATUSES = {*TABS, STALLED.slug} - {""}
KEY = re.compile(r"([a-z_]{1,30}):(?!//)(.*)", re.DOTALL | re.IGNORECASE)


def hint(text: str) -> str:
    """Return a sentence about the first word of ``text`` that was probably meant as more than text, "" if none was."""
    return next(filter(None, map(about, tokens.split(text))), "")


def about(word: str) -> str:
    if word.lower() in STATUSES:
        return _("To list tasks by their status write status:%s.") % word.lower()
    key, value = match.groups() if (match := KEY.fullmatch(word)) else ("", "")
    if key.lower() in tokens.KEYS:
        return _("Write behind %s: what to look for, without a space between.") % key
    return unknown(key) if value else ""


def unknown(key: str) -> str:
    known = ", ".join(f"{name}:" for name in tokens.KEYS)
    return _("%(key)s: is no word that the search knows, so it was looked for as text. It knows %(known)s.") % {
        "key": key,
        "known": known,
    }
