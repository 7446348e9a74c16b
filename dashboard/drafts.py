"""Arguments that are being typed: as fields or as JSON, from one to the other and back with nothing lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dashboard import fields
from dashboard.fields import Control, Kind, Problems, Raw, pretty
from dashboard.fields.anything import json_area
from dashboard.fields.lists import add_row, remove_row
from dashboard.fields.typed_json import read_object
from dashboard.keeping import Kept
from dashboard.signature import Call

PREFIX = "a"
OTHERS = f"{PREFIX}.**"
SWITCHES = FORM, JSON = "form", "json"


@dataclass(slots=True)
class Draft:
    """What stands in the form. ``raw`` is what was typed, by the names of the fields; ``problems`` go by them too.

    ``kept`` are the stored arguments whose secrets the form does not show.
    """

    call: Call
    raw: Raw
    mode: str = FORM
    kept: Kept | None = None
    problems: Problems = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, call: Call, values: Mapping[str, Any], mode: str = FORM, kept: Kept | None = None) -> Draft:
        """Return a draft with ``values`` filled in; as JSON where they have names that no field has."""
        if mode == JSON or not fits_form(call, values):
            return cls(call, {"args": pretty(values)}, JSON, kept)
        raw = fields.fill(call.parameters, PREFIX, values)
        known = {member.name for member in call.parameters}
        if others := {name: value for name, value in values.items() if name not in known}:
            raw[OTHERS] = pretty(others)
        return cls(call, raw, FORM, kept)

    @classmethod
    def posted(cls, call: Call, sent: Mapping[str, str], kept: Kept | None = None) -> Draft:
        if "args" in sent:
            return cls(call, {"args": sent["args"]}, JSON, kept)
        return cls(call, {name: sent[name] for name in sent if name.startswith(f"{PREFIX}.")}, FORM, kept)

    def args(self) -> dict[str, Any]:
        """Return the arguments as the task gets them; what keeps them from being passed goes into ``problems``."""
        typed = self.typed()
        if self.kept is None or self.problems:
            return typed
        return self.kept.restored(typed, self.problems, "args" if self.mode == JSON else PREFIX)

    def typed(self) -> dict[str, Any]:
        """Return the arguments as they were typed, what is kept still masked: only these may be shown."""
        self.problems.clear()
        return self.typed_json() if self.mode == JSON else self.typed_fields()

    def typed_json(self) -> dict[str, Any]:
        try:
            args = read_object(self.raw["args"])
        except ValueError as error:
            self.problems["args"] = str(error)
            return {}
        if problems := self.call.problems(args):
            self.problems["args"] = "\n".join(problems)
        return args

    def typed_fields(self) -> dict[str, Any]:
        args = fields.read(self.call.parameters, self.raw, PREFIX, self.problems)
        try:
            others = read_object(self.raw.get(OTHERS, "").strip())
        except ValueError as error:
            self.problems[OTHERS] = str(error)
            return args
        if taken := [member.name for member in self.call.parameters if member.name in others]:
            self.problems[OTHERS] = _("%s has a field of its own above.") % ", ".join(taken)
        return args | others

    def switched(self, mode: str) -> Draft:
        """Return the same arguments in the other mode; this draft, with its problems, when they cannot be read."""
        if mode == self.mode:
            return self
        return self.as_json() if mode == JSON else self.as_form()

    def as_json(self) -> Draft:
        values = self.typed_fields()
        missing = {member.at(PREFIX) for member in self.call.parameters if self.is_missing(member)}
        self.problems = {name: problem for name, problem in self.problems.items() if name not in missing}
        return self if self.problems else Draft(self.call, {"args": pretty(values)}, JSON, self.kept)

    def is_missing(self, member: fields.Member) -> bool:
        name = member.at(PREFIX)
        return member.required and not any(value for key, value in self.raw.items() if is_part(key, name))

    def as_form(self) -> Draft:
        try:
            values = read_object(self.raw["args"])
        except ValueError as error:
            self.problems["args"] = str(error)
            return self
        if not fits_form(self.call, values):
            self.problems["args"] = "\n".join(self.call.misfits(values))
            return self
        return Draft.of(self.call, values, FORM, self.kept)

    def refuse(self, problem: str) -> None:
        """Say, at the form as a whole, why it was not enqueued."""
        self.problems["args" if self.mode == JSON else OTHERS] = problem

    def do(self, step: str) -> None:
        """Add or remove a row: "add:a.tags", "remove:a.tags.2"."""
        verb, _colon, name = step.partition(":")
        if not name.startswith(f"{PREFIX}."):
            return
        if verb == "remove":
            remove_row(self.raw, name)
        elif verb == "add" and (kind := self.kind_at(f"{name}.0")):
            add_row(self.raw, name)
            kind.begin(self.raw, self.raw["focus"])

    def kind_at(self, name: str) -> Kind | None:
        """Return the kind of what the field ``name`` asks for."""
        _prefix, first, *parts = name.split(".")
        kind = next((member.kind for member in self.call.parameters if member.name == first), None)
        for part in parts:
            kind = kind.inside(part) if kind else None
        return kind

    @property
    def controls(self) -> Sequence[Control]:
        controls = [member.control(self.raw, PREFIX, self.problems) for member in self.call.parameters]
        return [*controls, self.others()] if self.call.takes_anything else controls

    def others(self) -> Control:
        control = json_area(self.raw, OTHERS)
        control.label, control.words = _("Other arguments"), _("object, as JSON")
        control.help = _("Other names are passed on as they are.")
        control.problem = self.problems.get(OTHERS, "")
        return control

    @property
    def text(self) -> str:
        return self.raw.get("args", "")

    @property
    def rows(self) -> int:
        return min(max(self.text.count("\n") + 2, 12), 30)

    @property
    def errors(self) -> Sequence[tuple[str, str, str]]:
        """Id of the field, its label and what is wrong, for each problem in the order of the form."""
        if self.mode == JSON:
            return [("id_args", _("Arguments"), line) for line in self.problems.get("args", "").splitlines()]
        found = [(each.id, each.label, each.problem) for each in flat(self.controls) if each.problem]
        shown = {each.name for each in flat(self.controls)}
        return [*found, *(("enqueue-form", "", text) for name, text in self.problems.items() if name not in shown)]


def fits_form(call: Call, values: Mapping[str, Any]) -> bool:
    known = {member.name for member in call.parameters}
    return call.takes_anything or known.issuperset(values)


def is_part(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}.")


def flat(controls: Sequence[Control]) -> Sequence[Control]:
    return [each for control in controls for each in (control, *flat(control.children))]
