"""From an annotation to the kind of value that it stands for."""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from dashboard.fields.anything import AnyOf, Anything, List, Object
from dashboard.fields.base import NOTHING, Kind
from dashboard.fields.choices import Choice
from dashboard.fields.limits import NO_LIMITS, Limits, limits_of
from dashboard.fields.lists import Fixed, Rows
from dashboard.fields.members import Member
from dashboard.fields.plain import as_json, plain
from dashboard.fields.records import Record
from dashboard.fields.scalars import Exact, Flag, Identifier, Number, Text, Whole
from dashboard.fields.times import Clock, Day, Moment
from django_simple_queue.redaction import REDACTED

SIMPLE: Mapping[Any, type[Kind]] = {
    str: Text,
    int: Whole,
    float: Number,
    bool: Flag,
    Decimal: Exact,
    UUID: Identifier,
    datetime: Moment,
    date: Day,
    time: Clock,
}
SEQUENCES = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
SETS = (set, frozenset, collections.abc.Set)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
DEEPEST = 3
NULL = "null"
Secret = Callable[[str], bool]


def kind_of(annotation: Any, secret: Secret, limits: Limits = NO_LIMITS, depth: int = 0) -> Kind:
    """Return the kind that ``annotation`` stands for; what is not understood stands for any value."""
    try:
        found = found_kind(annotation, secret, limits, depth)
        return found if limits == NO_LIMITS else replace(found, limits=limits)
    except (TypeError, ValueError, AttributeError, NameError):
        return Anything()


def found_kind(annotation: Any, secret: Secret, limits: Limits, depth: int) -> Kind:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind_of(parts[0], secret, limits_of(parts[1:], limits), depth)
    if origin in (typing.Union, types.UnionType):
        return union(parts, secret, limits, depth)
    if origin is typing.Literal:
        return choice({as_json(plain(part)): str(plain(part)) for part in parts})
    if behind := getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None):
        return kind_of(behind, secret, limits, depth)
    return collection(origin or annotation, parts, secret, depth) or single(annotation, secret, depth)


def single(annotation: Any, secret: Secret, depth: int) -> Kind:
    if isinstance(annotation, collections.abc.Hashable) and annotation in SIMPLE:
        return SIMPLE[annotation]()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return choice({as_json(plain(member)): member_words(member) for member in annotation})
    members = members_of(annotation, secret, depth)
    return Record(title=annotation.__name__, members=members) if members else Anything()


def choice(values: Mapping[str, str]) -> Choice:
    """Return a choice; null, where it is one of several, is what the field means when it is left empty."""
    others = {value: words for value, words in values.items() if value != NULL} or values
    return Choice(values=others, optional=len(others) < len(values))


def member_words(member: Enum) -> str:
    """Return a member's label, or its value with its name where the value alone says little."""
    label = getattr(member, "label", None)
    if label:
        return str(label)
    return str(member.value) if isinstance(member.value, str) else f"{member.name} ({member.value})"


def union(parts: tuple[Any, ...], secret: Secret, limits: Limits, depth: int) -> Kind:
    some = [part for part in parts if part is not type(None)]
    optional = len(some) < len(parts)
    if set(some) == {int, float}:
        return Number(optional=optional)
    if len(some) == 1:
        return replace(kind_of(some[0], secret, limits, depth), optional=optional)
    return AnyOf(kinds=tuple(kind_of(part, secret, NO_LIMITS, depth) for part in some), optional=optional)


def collection(shape: Any, parts: tuple[Any, ...], secret: Secret, depth: int) -> Kind | None:
    if shape in MAPPINGS:
        return Object(of=kind_of(parts[1], secret, depth=depth + 1) if len(parts) == 2 else None)
    if shape is tuple and parts and parts[-1] is not Ellipsis:
        return Fixed(parts=tuple(kind_of(part, secret, depth=depth + 1) for part in parts))
    if shape in SEQUENCES or shape in SETS or shape is tuple:
        return rows(shape, parts, secret, depth)
    return None


def rows(shape: Any, parts: tuple[Any, ...], secret: Secret, depth: int) -> Kind:
    of = kind_of(parts[0], secret, depth=depth + 1) if parts else None
    plain_rows = of is not None and not isinstance(of, Rows | List | Fixed) and depth < DEEPEST
    return Rows(of=of, unique=shape in SETS) if of is not None and plain_rows else List(of=of)


def members_of(annotation: Any, secret: Secret, depth: int) -> tuple[Member, ...]:
    """Return the fields of a dataclass, a typed dictionary or a named tuple; none for anything else, or too deep."""
    if depth >= DEEPEST or not isinstance(annotation, type):
        return ()
    if dataclasses.is_dataclass(annotation):
        named = [(each.name, default_of(each)) for each in dataclasses.fields(annotation) if each.init]
    elif typing.is_typeddict(annotation):
        needed = getattr(annotation, "__required_keys__")  # noqa: B009 - mypy does not know it
        named = [(name, inspect.Parameter.empty if name in needed else NOTHING) for name in annotation.__annotations__]
    else:
        return ()
    hints = typing.get_type_hints(annotation, include_extras=True)
    return tuple(member(name, hints.get(name, Any), default, secret, depth + 1) for name, default in named)


def default_of(each: Any) -> Any:
    if each.default_factory is not dataclasses.MISSING:
        return each.default_factory()
    return inspect.Parameter.empty if each.default is dataclasses.MISSING else each.default


def member(name: str, annotation: Any, default: Any, secret: Secret, depth: int = 0, help_text: str = "") -> Member:
    """Return the member ``name``; its ``default`` is ``Parameter.empty`` when it is required."""
    required = default is inspect.Parameter.empty
    said = annotation is not inspect.Parameter.empty
    kind = kind_of(annotation, secret, depth=depth) if said else Anything()
    start = NOTHING if required or default is NOTHING else start_of(default)
    withheld = not required and (tells_much(default) if secret(name) else holds_secret(start, secret))
    return Member(
        name=name,
        kind=replace(kind, optional=kind.optional or default is None),
        required=required,
        start=NOTHING if withheld else start,
        default=REDACTED if withheld else "" if required or default is NOTHING else default_words(default),
        annotation=inspect.formatannotation(annotation) if said else "",
        help=help_text,
        secret=secret(name),
        withheld=withheld,
    )


def start_of(default: Any) -> Any:
    try:
        return plain(default)
    except TypeError:
        return NOTHING


def tells_much(default: Any) -> bool:
    """Tell whether the default of a secret is one that nobody need see."""
    return not (default is None or default is NOTHING or isinstance(default, bool) or default == "")


def holds_secret(value: Any, secret: Secret) -> bool:
    """Tell whether a name below which nothing is shown stands anywhere in the JSON ``value``."""
    if isinstance(value, dict):
        return any(secret(name) or holds_secret(item, secret) for name, item in value.items())
    return isinstance(value, list) and any(holds_secret(item, secret) for item in value)


def default_words(default: Any) -> str:
    start = start_of(default)
    return start if isinstance(start, str) and start else as_json(default if start is NOTHING else start)
