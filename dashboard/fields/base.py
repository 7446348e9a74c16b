"""What every kind of value can do, and what a template needs to ask for one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from django.utils.translation import gettext as _

from dashboard.fields.limits import NO_LIMITS, Limits
from dashboard.fields.plain import as_json


class Nothing(Enum):
    NOTHING = "left empty"


NOTHING: Final = Nothing.NOTHING
Raw = dict[str, str]
Problems = dict[str, str]


@dataclass(slots=True)
class Control:
    """One field as it is drawn. ``shape`` names its template; ``name`` is its name in the form."""

    shape: str
    name: str
    value: str = ""
    type: str = "text"
    inputmode: str = ""
    step: str = ""
    rows: int = 3
    options: Sequence[tuple[str, str]] = ()
    children: Sequence[Control] = ()
    empty: Sequence[tuple[str, str]] = ()
    on: bool = False
    count: int = 0
    optional: bool = False
    label: str = ""
    words: str = ""
    annotation: str = ""
    help: str = ""
    default: str = ""
    required: bool = False
    kept: bool = False
    secret: bool = False
    focus: bool = False
    problem: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def kept_name(self) -> str:
        return f"{self.name.removesuffix('.json')}.keep"

    @property
    def template(self) -> str:
        return f"simple_queue_dashboard/_enqueue_{self.shape}.html"


@dataclass(frozen=True, slots=True)
class Kind(ABC):
    """A kind of JSON value. ``optional``: it may be null, which an empty field means."""

    optional: bool = field(default=False, kw_only=True)
    limits: Limits = field(default=NO_LIMITS, kw_only=True)

    @abstractmethod
    def words(self) -> str:
        """Return the kind in the operator's words: "whole number"."""

    def spelled(self) -> str:
        """Return how a value is written in JSON, in words: "date as text, 2026-12-31"."""
        return self.words()

    @abstractmethod
    def accepts(self, value: Any) -> str:
        """Return what is wrong with the JSON ``value``, which is not null: "" when it is of this kind."""

    @abstractmethod
    def take(self, raw: Raw, name: str, problems: Problems) -> Any:
        """Return the value that was typed, NOTHING when it was left empty; what is wrong goes into ``problems``."""

    @abstractmethod
    def put(self, raw: Raw, name: str, value: Any) -> None:
        """Write ``value``, which is not null, into ``raw`` as if somebody had typed it."""

    @abstractmethod
    def control(self, raw: Raw, name: str, problems: Problems) -> Control:
        """Return the field as the form shows it, with what was typed and what is wrong with it."""

    def begin(self, raw: Raw, name: str) -> None:  # noqa: B027  # most have nothing inside
        """Write the defaults of what is inside, for a field that has no value yet."""

    def inside(self, part: str) -> Kind | None:
        """Return the kind of what stands at ``part`` of a value."""
        return None

    def native(self, value: Any) -> Any:
        """Return what the limits compare."""
        return value

    def same(self, one: Any, other: Any) -> bool:
        return as_json(one) == as_json(other)

    def example(self) -> Any:
        return ""

    def read(self, raw: Raw, name: str, problems: Problems) -> Any:
        """As ``take``; for an optional kind, empty is null."""
        before = len(problems)
        value = self.take(raw, name, problems)
        if value is NOTHING:
            return None if self.optional and len(problems) == before else NOTHING
        if len(problems) == before and (problem := self.limits.problem(self.native(value))):
            problems[name] = problem
        return value

    def fill(self, raw: Raw, name: str, value: Any) -> None:
        """As ``put``; null leaves the field empty. ValueError for a value that this field cannot show as it is."""
        if value is None and not self.optional:
            raise ValueError(value)
        written: Raw = {}
        if value is not None:
            if self.accepts(value):
                raise ValueError(value)
            self.put(written, name, value)
        if not self.same(self.read(written, name, {}), value):
            raise ValueError(value)
        raw.update(written)

    def misfit(self, value: Any) -> str:
        """Return what is wrong with the JSON ``value``, as it follows its name: "must be ..."; "" when it fits."""
        if value is None and self.optional:
            return ""
        wrong = self.must_be(value) if value is None else self.accepts(value)
        return wrong or self.limits.problem(self.native(value))

    def must_be(self, value: Any) -> str:
        return _("must be: %(wanted)s. It is %(value)s.") % {"wanted": self.asked(), "value": f"{as_json(value):.60}"}

    def asked(self) -> str:
        """As ``spelled``, with null where it may be."""
        return _("%s or empty") % self.spelled() if self.optional else self.spelled()
