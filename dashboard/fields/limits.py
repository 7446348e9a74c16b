"""What Annotated says of a value besides its type: help in plain text, and limits as annotated-types spells them."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

COMPARED = ("ge", "gt", "le", "lt")
HOLDS = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
NAMES = (*COMPARED, "multiple_of", "min_length", "max_length", "pattern")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a value; ``title`` and ``help`` are words about it."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    multiple_of: Any = None
    min_length: Any = None
    max_length: Any = None
    pattern: Any = None
    title: str = ""
    help: str = ""

    def problem(self, value: Any) -> str:
        """Return which limit ``value`` breaks, as it follows the name; "" when none."""
        try:
            holds = self.compares(value) and self.fits_length(value) and self.fits_pattern(value)
        except (TypeError, ArithmeticError, re.error):
            return ""
        return "" if holds else _("must be %s.") % self.words()

    def compares(self, value: Any) -> bool:
        within = all(HOLDS[name](value, getattr(self, name)) for name in COMPARED if getattr(self, name) is not None)
        return within and (self.multiple_of is None or not value % self.multiple_of)

    def fits_length(self, value: Any) -> bool:
        if self.min_length is None and self.max_length is None:
            return True
        length = len(value)
        return length >= (self.min_length or 0) and (self.max_length is None or length <= self.max_length)

    def fits_pattern(self, value: Any) -> bool:
        return self.pattern is None or re.search(self.pattern, value) is not None

    def words(self) -> str:
        """Return the limits in words: "from 1 to 100, a multiple of 5"."""
        return ", ".join(filter(None, (*self.range_words(), self.length_words(), self.pattern_words())))

    def range_words(self) -> Iterable[str]:
        if self.ge is not None and self.le is not None:
            yield _("from %(low)s to %(high)s") % {"low": self.ge, "high": self.le}
        else:
            yield _("at least %s") % self.ge if self.ge is not None else ""
            yield _("at most %s") % self.le if self.le is not None else ""
        yield _("more than %s") % self.gt if self.gt is not None else ""
        yield _("less than %s") % self.lt if self.lt is not None else ""
        yield _("a multiple of %s") % self.multiple_of if self.multiple_of is not None else ""

    def length_words(self) -> str:
        low, high = self.min_length or 0, self.max_length
        if low and high is not None:
            return _("%(low)s to %(high)s long") % {"low": low, "high": high}
        if low:
            return _("at least %s long") % low
        return _("at most %s long") % high if high is not None else ""

    def pattern_words(self) -> str:
        return _("like %s") % self.pattern if self.pattern is not None else ""


NO_LIMITS = Limits()


def limits_of(metadata: Iterable[Any], known: Limits = NO_LIMITS) -> Limits:
    """Return ``known`` with what ``metadata`` adds; whatever is not understood says nothing."""
    for each in metadata:
        if isinstance(each, str):
            known = replace(known, help=known.help or each)
            continue
        found = {name: getattr(each, name, None) for name in NAMES}
        said = {name: value for name, value in found.items() if value is not None and not callable(value)}
        known = replace(known, **said, **words_of(each, known))
        inner = getattr(each, "metadata", ())
        known = limits_of(inner, known) if isinstance(inner, list | tuple) else known
    return known


def words_of(each: Any, known: Limits) -> dict[str, str]:
    text = getattr(each, "documentation", None) or getattr(each, "description", None)
    title = getattr(each, "title", None)
    return {
        "help": known.help or (text if isinstance(text, str) else ""),
        "title": known.title or (title if isinstance(title, str) else ""),
    }
