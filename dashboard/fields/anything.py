"""Values that are written as JSON: objects, and whatever has no field of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.plain import pretty
from dashboard.fields.typed_json import read_json

MOST_ROWS = 16


@dataclass(frozen=True, slots=True)
class Anything(Kind):
    def words(self) -> str:
        return _("any value, as JSON")

    def spelled(self) -> str:
        return _("any value")

    def accepts(self, value: Any) -> str:
        return ""

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        text = raw.get(name, "")
        if not text.strip():
            return NOTHING
        try:
            value = read_json(text)
        except ValueError as error:
            problems[name] = str(error)
            return NOTHING
        if value is not None and (wrong := self.accepts(value)):
            problems[name] = wrong
        return value

    def put(self, raw: Raw, name: str, value: Any) -> None:
        raw[name] = pretty(value)

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        return json_area(raw, name)


def json_area(raw: Raw, name: str) -> Control:
    text = raw.get(name, "")
    return Control("area", name, text, rows=min(max(text.count("\n") + 1, 3), MOST_ROWS), attributes={"mono": "mono"})


@dataclass(frozen=True, slots=True)
class Object(Anything):
    """A JSON object whose values are of one kind."""

    of: Kind | None = None

    def words(self) -> str:
        return _("object, as JSON")

    def spelled(self) -> str:
        return _("object")

    def accepts(self, value: Any) -> str:
        if not isinstance(value, dict):
            return self.must_be(value)
        wrong = ((key, self.of.misfit(item)) for key, item in value.items()) if self.of else ()
        return next((f"{key[:40]} {problem}" for key, problem in wrong if problem), "")

    def example(self) -> Any:
        return {}


@dataclass(frozen=True, slots=True)
class List(Anything):
    """A JSON list of whatever."""

    of: Kind | None = None

    def words(self) -> str:
        return _("list, as JSON")

    def spelled(self) -> str:
        return _("list of %s") % self.of.words() if self.of else _("list")

    def accepts(self, value: Any) -> str:
        if not isinstance(value, list):
            return self.must_be(value)
        wrong = (self.of.misfit(item) for item in value) if self.of else ()
        return next((_("item %s") % problem for problem in wrong if problem), "")

    def example(self) -> Any:
        return []


@dataclass(frozen=True, slots=True)
class AnyOf(Anything):
    """A value of one of several kinds."""

    kinds: Sequence[Kind] = ()

    def words(self) -> str:
        return _("%s, as JSON") % self.spelled()

    def spelled(self) -> str:
        return _(" or ").join(kind.spelled() for kind in self.kinds)

    def accepts(self, value: Any) -> str:
        return "" if any(not kind.accepts(value) for kind in self.kinds) else self.must_be(value)

    def example(self) -> Any:
        return self.kinds[0].example()
