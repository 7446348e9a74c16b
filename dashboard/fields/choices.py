"""One of a few: Literal and Enum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.plain import as_json


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """``values`` are what may be passed, each with the word for it."""

    values: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> str:
        return ngettext("one of %d", "one of %d", len(self.values)) % len(self.values)

    def spelled(self) -> str:
        return _("one of %s") % ", ".join(self.values)

    def accepts(self, value: Any) -> str:
        return "" if as_json(value) in self.values else self.must_be(value)

    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        chosen = raw.get(name, "")
        if not chosen:
            return NOTHING
        if chosen not in self.values:
            problems[name] = self.must_be(chosen)
            return NOTHING
        return json.loads(chosen)

    def put(self, raw: Raw, name: str, value: Any) -> None:
        raw[name] = as_json(value)

    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        chosen = raw.get(name, "")
        none = [("", _("not set") if self.optional else _("Choose…"))] if self.optional or not chosen else []
        return Control("select", name, chosen, options=[*none, *self.values.items()])

    def example(self) -> Any:
        return json.loads(next(iter(self.values)))
