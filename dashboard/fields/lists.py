"""Lists, as rows that are added and removed, and tuples of a fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.plain import as_json
from dashboard.fields.scalars import Text

MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Rows(Kind):
    """A list with a row for each item; ``unique``: a set, which holds nothing twice. Empty rows are left out."""

    of: Kind = field(default_factory=Text)
    unique: bool = False

    def words(self) -> str:
        return _("list: %s") % self.of.words()

    def spelled(self) -> str:
        return _("list of %s") % self.of.spelled()

    def accepts(self, value: Any) -> str:
        if not isinstance(value, list):
            return self.must_be(value)
        for number, item in enumerate(value, 1):
            if problem := self.of.misfit(item):
                return _("item %(number)d %(problem)s") % {"number": number, "problem": problem}
        return self.repeated(value)

    def repeated(self, values: Sequence[Any]) -> str:
        texts = [as_json(value) for value in values]
        twice = next((text for text in texts if texts.count(text) > 1), "") if len(set(texts)) < len(texts) else ""
        return _("must hold %s once only.") % twice[:60] if self.unique and twice else ""

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        typed = [self.of.read(raw, f"{name}.{index}", problems) for index in range(count_of(raw, name))]
        values = [value for value in typed if value is not NOTHING]
        if problem := self.repeated(values):
            problems[name] = problem
        return values if values or not self.optional or raw.get(f"{name}.empty") == "list" else NOTHING

    def put(self, raw: Raw, name: str, value: Any) -> None:
        if len(value) > MOST_ROWS:
            return
        raw[f"{name}.n"] = str(len(value))
        raw[f"{name}.empty"] = "list"
        for index, item in enumerate(value):
            self.of.fill(raw, f"{name}.{index}", item)

    def inside(self, part: str) -> Kind:
        return self.of

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        count = count_of(raw, name)
        names = [f"{name}.{index}" for index in range(count)]
        rows = [self.row(raw, each, problems, number) for number, each in enumerate(names, 1)]
        on = raw.get(f"{name}.empty") == "list"
        return Control("rows", name, children=rows, count=count, on=on, optional=self.optional)

    def row(self, raw: Raw, name: str, problems: Problems, number: int) -> Control:
        control = self.of.control(raw, name, problems)
        control.label = _("Item %d") % number
        control.problem = problems.get(name, "")
        control.focus = raw.get("focus") == name
        return control

    def example(self) -> Any:
        return []


def count_of(raw: Raw, name: str) -> int:
    """Return how many rows the form has; whatever else the field says, none."""
    text = raw.get(f"{name}.n", "")
    return min(int(text), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def add_row(raw: Raw, name: str) -> None:
    raw[f"{name}.n"] = str(min(count_of(raw, name) + 1, MOST_ROWS))
    raw["focus"] = f"{name}.{count_of(raw, name) - 1}"


def remove_row(raw: Raw, row: str) -> None:
    """Take the row ``row`` ("a.tags.2") out; those after it move up."""
    name, _dot, number = row.rpartition(".")
    count, gone = count_of(raw, name), int(number) if number.isascii() and number.isdigit() else -1
    if not 0 <= gone < count:
        return
    for index in range(gone, count):
        drop(raw, f"{name}.{index}")
        for key in [key for key in raw if is_under(key, f"{name}.{index + 1}")]:
            raw[f"{name}.{index}{key.removeprefix(f'{name}.{index + 1}')}"] = raw[key]
    drop(raw, f"{name}.{count - 1}")
    raw[f"{name}.n"] = str(count - 1)
    raw["focus"] = f"{name}.{min(gone, count - 2)}" if count > 1 else f"{name}.add"


def drop(raw: Raw, name: str) -> None:
    for key in [key for key in raw if is_under(key, name)]:
        del raw[key]


def is_under(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}.")


@dataclass(frozen=True, slots=True)
class Fixed(Kind):
    """A tuple of a fixed length: a field for each place, passed as a list."""

    parts: Sequence[Kind] = ()

    def words(self) -> str:
        return _("%s, in this order") % ", ".join(part.words() for part in self.parts)

    def spelled(self) -> str:
        return _("list of %s") % ", ".join(part.spelled() for part in self.parts)

    def accepts(self, value: Any) -> str:
        if not isinstance(value, list) or len(value) != len(self.parts):
            return self.must_be(value)
        return next(filter(None, (part.misfit(item) for part, item in zip(self.parts, value, strict=True))), "")

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        before = len(problems)
        values = [part.read(raw, f"{name}.{place}", problems) for place, part in enumerate(self.parts)]
        empty = [place for place, value in enumerate(values) if value is NOTHING]
        if len(empty) == len(values) or len(problems) > before:
            return NOTHING
        for place in empty:
            problems[f"{name}.{place}"] = _("This is required, as the other places are filled in.")
        return values

    def put(self, raw: Raw, name: str, value: Any) -> None:
        for place, part in enumerate(self.parts):
            part.fill(raw, f"{name}.{place}", value[place])

    def begin(self, raw: Raw, name: str) -> None:
        for place, part in enumerate(self.parts):
            part.begin(raw, f"{name}.{place}")

    def inside(self, part: str) -> Kind | None:
        return self.parts[int(part)] if part.isdecimal() and int(part) < len(self.parts) else None

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        controls = [part.control(raw, f"{name}.{place}", problems) for place, part in enumerate(self.parts)]
        for number, (control, part) in enumerate(zip(controls, self.parts, strict=True), 1):
            control.label, control.words = str(number), part.words()
            control.problem = problems.get(control.name, "")
        return Control("group", name, children=controls)

    def example(self) -> Any:
        return [part.example() for part in self.parts]
