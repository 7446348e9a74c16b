"""Records: dataclasses, typed dictionaries and named tuples, as a set of fields inside the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.members import Member, fill


@dataclass(frozen=True, slots=True)
class Record(Kind):
    """A JSON object with known names; ``title`` is the name of its class."""

    title: str = ""
    members: Sequence[Member] = ()

    def words(self) -> str:
        return self.title

    def spelled(self) -> str:
        return _("object with %s") % ", ".join(member.name for member in self.members)

    def accepts(self, value: Any) -> str:
        if not isinstance(value, dict):
            return self.must_be(value)
        known = {member.name: member for member in self.members}
        missing = [name for name, member in known.items() if member.required and name not in value]
        unknown = [name for name in value if name not in known]
        if missing or unknown:
            return self.must_be(value)
        wrong = ((name, known[name].kind.misfit(item)) for name, item in value.items())
        return next((f"{name} {problem}" for name, problem in wrong if problem), "")

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        if not self.optional or f"{name}.on" in raw:
            return self.typed(raw, name, problems)
        ignored: Problems = {}
        if self.typed(raw, name, ignored) and self.is_touched(raw, name):
            problems[name] = _("This is filled in but not ticked: tick it, or empty its fields.")
        return NOTHING

    def typed(self, raw: Raw, name: str, problems: Problems) -> dict[str, Any]:
        found = {member.name: member.read(raw, name, problems) for member in self.members}
        return {key: value for key, value in found.items() if value is not NOTHING}

    def is_touched(self, raw: Raw, name: str) -> bool:
        untouched: Raw = {}
        self.begin(untouched, name)
        mine = {key: value for key, value in raw.items() if key.startswith(f"{name}.") and value}
        return bool(mine) and mine != {key: value for key, value in untouched.items() if value}

    def begin(self, raw: Raw, name: str) -> None:
        raw.update(fill(self.members, name, {}))

    def inside(self, part: str) -> Kind | None:
        return next((member.kind for member in self.members if member.name == part), None)

    def put(self, raw: Raw, name: str, value: Any) -> None:
        raw[f"{name}.on"] = "1"
        raw.update(fill(self.members, name, value))

    def same(self, one: Any, other: Any) -> bool:
        """Two records are the same when they differ in nothing but defaults that one of them spells out."""
        if not isinstance(one, dict) or not isinstance(other, dict):
            return one is other
        return Kind.same(self, self.changed(one), self.changed(other))

    def changed(self, value: dict[str, Any]) -> dict[str, Any]:
        known = {member.name: member for member in self.members}
        kept = {name: item for name, item in value.items() if name in known}
        return {name: item for name, item in sorted(kept.items()) if not known[name].is_default(item)}

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        children = [member.control(raw, name, problems) for member in self.members]
        return Control("group", name, children=children, on=f"{name}.on" in raw, optional=self.optional)

    def example(self) -> Any:
        return {member.name: member.example for member in self.members}
