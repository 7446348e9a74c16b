"""Text, numbers, yes or no, and ids."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from django_simple_queue.redaction import NOT_PLAIN

WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
LONG_TEXTS = frozenset({"body", "comment", "content", "description", "message", "note", "notes", "text"})


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """A value that is typed into one line."""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Return the value that ``text`` stands for; ValueError, in words, when it stands for none."""

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        text = raw.get(name, "").strip()
        try:
            return self.parse(text) if text else NOTHING
        except ValueError as error:
            problems[name] = str(error)
            return NOTHING

    def put(self, raw: Raw, name: str, value: Any) -> None:
        raw[name] = str(value)

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        return Control("input", name, raw.get(name, ""))


@dataclass(frozen=True, slots=True)
class Whole(Scalar):
    """A whole number of any size, exact."""

    def words(self) -> str:
        return _("whole number")

    def accepts(self, value: Any) -> str:
        return "" if isinstance(value, int) and not isinstance(value, bool) else self.must_be(value)

    def parse(self, text: str) -> int:
        if not WHOLE.fullmatch(text):
            raise ValueError(_("“%s” is not a whole number: digits only.") % text[:40])
        return int(text)

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        return Control("input", name, raw.get(name, ""), inputmode="numeric")

    def example(self) -> Any:
        return 0


@dataclass(frozen=True, slots=True)
class Number(Scalar):
    def words(self) -> str:
        return _("number")

    def accepts(self, value: Any) -> str:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if fits else self.must_be(value)

    def parse(self, text: str) -> int | float:
        if WHOLE.fullmatch(text):
            return int(text)
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(_("“%s” is not a number: digits with a point, such as 0.5.") % text[:40])
        return value

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        return Control("input", name, raw.get(name, ""), inputmode="decimal")

    def example(self) -> Any:
        return 0.0


@dataclass(frozen=True, slots=True)
class Exact(Number):
    """A Decimal, passed as text so that no digit changes."""

    def words(self) -> str:
        return _("decimal number")

    def spelled(self) -> str:
        return _("decimal number as text")

    def accepts(self, value: Any) -> str:
        try:
            fits = not isinstance(value, bool) and isinstance(value, str | int | float) and finite(value)
        except InvalidOperation:
            fits = False
        return "" if fits else self.must_be(value)

    def parse(self, text: str) -> Any:
        try:
            if "_" not in text and finite(text):
                return text
        except InvalidOperation:
            pass
        raise ValueError(_("“%s” is not a decimal number: digits with a point, such as 12.50.") % text[:40])

    def native(self, value: Any) -> Any:
        return Decimal(str(value))

    def example(self) -> Any:
        return "0"


def finite(value: str | float) -> bool:
    return Decimal(str(value)).is_finite()


@dataclass(frozen=True, slots=True)
class Identifier(Scalar):
    def words(self) -> str:
        return _("UUID")

    def spelled(self) -> str:
        return _("UUID as text")

    def accepts(self, value: Any) -> str:
        try:
            return "" if isinstance(value, str) and UUID(value) else self.must_be(value)
        except ValueError:
            return self.must_be(value)

    def parse(self, text: str) -> str:
        try:
            return str(UUID(text))
        except ValueError:
            example = "0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10"
            raise ValueError(
                _("“%(text)s” is not a UUID such as %(example)s.") % {"text": text[:40], "example": example}
            ) from None


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Text as it is typed; an empty field is empty text only where the form is told so."""

    def words(self) -> str:
        return _("text")

    def accepts(self, value: Any) -> str:
        return "" if isinstance(value, str) else self.must_be(value)

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        text = raw.get(name, "").replace("\r\n", "\n")
        return text if text or raw.get(f"{name}.empty") == "text" else NOTHING

    def put(self, raw: Raw, name: str, value: Any) -> None:
        if "\r" in value or NOT_PLAIN.search(value):
            return
        raw[name] = value
        if not value:
            raw[f"{name}.empty"] = "text"

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        value = raw.get(name, "")
        long = "\n" in value or name.rpartition(".")[2] in LONG_TEXTS
        rows = min(max(value.count("\n") + 1, 3), 12)
        on = raw.get(f"{name}.empty") == "text"
        return Control("area" if long else "input", name, value, rows=rows, on=on, attributes={"text": "text"})


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """Yes or no: a box to tick; with a third answer, *not set*, a list."""

    def words(self) -> str:
        return _("yes or no")

    def spelled(self) -> str:
        return _("true or false")

    def accepts(self, value: Any) -> str:
        return "" if isinstance(value, bool) else self.must_be(value)

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        if not self.optional:
            return raw.get(name) == "true"
        return {"true": True, "false": False}.get(raw.get(name, ""), NOTHING)

    def put(self, raw: Raw, name: str, value: Any) -> None:
        if value or self.optional:
            raw[name] = "true" if value else "false"

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        if not self.optional:
            return Control("check", name, on=raw.get(name) == "true")
        options = (("", _("not set")), ("true", _("yes")), ("false", _("no")))
        return Control("select", name, raw.get(name, ""), options=options)

    def example(self) -> Any:
        return False
