"""Named values, of a call or of a record: only what was changed is passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard.fields.anything import json_area
from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.plain import pretty
from dashboard.fields.scalars import Scalar, Text
from dashboard.fields.typed_json import read_json
from django_simple_queue.redaction import REDACTED

REQUIRED = gettext_noop("This is required.")


@dataclass(frozen=True, slots=True)
class Member:
    """One named value. ``start`` is its default as JSON, NOTHING when it is required or its default is not JSON.

    ``withheld``: its default tells a secret, so that it is not even here; the field as it begins stands for it.
    """

    name: str
    kind: Kind
    required: bool
    start: Any = NOTHING
    default: str = ""
    annotation: str = ""
    help: str = ""
    secret: bool = False
    withheld: bool = False

    @property
    def words(self) -> str:
        return self.kind.words()

    @property
    def spelled(self) -> str:
        return self.kind.asked()

    @property
    def example(self) -> Any:
        if self.start is not NOTHING:
            return self.start
        return None if self.kind.optional else self.kind.example()

    def at(self, prefix: str) -> str:
        return f"{prefix}.{self.name}"

    def fill(self, raw: Raw, prefix: str, value: Any) -> None:
        """Write ``value`` as if it had been typed; as JSON where the field cannot, or would mean a withheld default."""
        name = self.at(prefix)
        if value == REDACTED and self.secret:
            raw[f"{name}.keep"] = "1"
            return
        if self.withheld and self.is_default(value):
            raw[f"{name}.json"] = pretty(value)
            return
        try:
            self.kind.fill(raw, name, value)
        except ValueError:
            raw[f"{name}.json"] = pretty(value)

    def read(self, raw: Raw, prefix: str, problems: Problems) -> Any:
        """Return the value, NOTHING when it is left to its default; what is wrong goes into ``problems``."""
        name, before = self.at(prefix), len(problems)
        value = self.typed(raw, name, problems)
        if self.secret and len(problems) > before:
            self.quote_nothing(name, problems)
        if value is NOTHING and self.required and len(problems) == before:
            problems[name] = _(REQUIRED)
        told_apart = self.required or (self.withheld and f"{name}.json" in raw)
        return NOTHING if not told_apart and self.is_default(value) else value

    def quote_nothing(self, name: str, problems: Problems) -> None:
        """Say what is wrong with a secret without what was typed: the preview shows it to whoever looks on."""
        wrong = _("This must be: %s.") % self.kind.words()
        problems |= {at: wrong for at in problems if at == name or at.startswith(f"{name}.")}

    def typed(self, raw: Raw, name: str, problems: Problems) -> Any:
        if f"{name}.keep" in raw and not raw.get(name) and not raw.get(f"{name}.json"):
            return REDACTED
        if f"{name}.json" not in raw:
            return self.kind.read(raw, name, problems)
        try:
            value = read_json(raw[f"{name}.json"]) if raw[f"{name}.json"].strip() else NOTHING
        except ValueError as error:
            problems[name] = str(error)
            return NOTHING
        if value is not NOTHING and (wrong := self.kind.misfit(value)):
            problems[name] = wrong
        return value

    def is_default(self, value: Any) -> bool:
        """Tell whether passing ``value`` would change nothing, in the words of the form: 1 and 1.0 are one default."""
        if value is NOTHING or (self.start is NOTHING and not self.withheld):
            return value is NOTHING
        raw: Raw = {}
        try:
            self.kind.begin(raw, "d") if self.withheld else self.kind.fill(raw, "d", self.start)
        except ValueError:
            return self.kind.same(value, self.start)
        return self.kind.same(value, self.kind.read(raw, "d", {}))

    def control(self, raw: Raw, prefix: str, problems: Problems) -> Control:
        name = self.at(prefix)
        control = self.kind_control(raw, name, problems)
        control.label, control.words = self.kind.limits.title or self.name, self.kind.words()
        control.annotation, control.required = self.annotation, self.required
        control.help = " ".join(filter(None, (self.help or self.kind.limits.help, sentence(self.kind.limits.words()))))
        control.default = "" if self.required else self.default.replace('""', "")
        control.problem, control.secret = problems.get(name, ""), self.secret
        control.empty = self.empty_choice(control)
        control.focus = raw.get("focus") == name
        return control

    def kind_control(self, raw: Raw, name: str, problems: Problems) -> Control:
        kept = f"{name}.keep" in raw
        if f"{name}.json" in raw or (kept and not isinstance(self.kind, Scalar | Text)):
            return replace(json_area(raw, f"{name}.json"), kept=kept)
        control = self.kind.control(raw, name, problems)
        if self.secret and control.shape in ("input", "area"):
            control.shape, control.type, control.kept = "input", "password", kept
        return control

    def empty_choice(self, control: Control) -> Sequence[tuple[str, str]]:
        """Return what an empty field may mean, where there is more than one answer."""
        if control.kept:
            return ()
        none = _("not set") if self.kind.optional and not self.withheld else _("the default")
        if control.shape == "rows" and self.kind.optional:
            return (("", none), ("list", _("an empty list")))
        if "text" not in control.attributes or self.start == "":
            return ()
        if self.required and not self.kind.optional:
            return (("", _("missing")), ("text", _("empty text"))) if control.on or control.problem else ()
        return (("", none), ("text", _("empty text")))


def sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""


def fill(members: Sequence[Member], prefix: str, values: Mapping[str, Any]) -> Raw:
    """Return the form with ``values`` typed into it, and the defaults of what they leave out."""
    raw: Raw = {}
    for member in members:
        value = values.get(member.name, member.start)
        if value is NOTHING or value is None:
            member.kind.begin(raw, member.at(prefix))
        if value is not NOTHING:
            member.fill(raw, prefix, value)
    return raw


def read(members: Sequence[Member], raw: Raw, prefix: str, problems: Problems) -> dict[str, Any]:
    """Return the values that were typed, without those left to their defaults."""
    found = {member.name: member.read(raw, prefix, problems) for member in members}
    return {name: value for name, value in found.items() if value is not NOTHING}
