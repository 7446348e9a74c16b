"""Arguments converted by the annotations of the task, for tasks with the option ``coerce``."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

READERS: Mapping[Any, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    timedelta: lambda seconds: timedelta(seconds=seconds),
    Decimal: lambda value: Decimal(str(value)),
    UUID: UUID,
    Path: Path,
    float: float,
}
BUILDERS: Mapping[Any, Callable[[Any], Any]] = {
    set: set,
    frozenset: frozenset,
    tuple: tuple,
    list: list,
    collections.abc.Set: set,
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
}


def coerced(function: Callable[..., Any], args: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``args`` as the annotations of ``function`` want them: dates, Decimals, UUIDs, Enums, sets, dataclasses.

    What has no annotation, or one that JSON has a value for already, stays as it is. Raises ValueError that names the
    argument for a value that cannot be converted.
    """
    hints = hints_of(function)
    found = {}
    for name, value in args.items():
        try:
            found[name] = convert(hints[name], value) if name in hints else value
        except Exception as error:
            wanted = inspect.formatannotation(hints[name])
            raise ValueError(f"{name} cannot be converted to {wanted}: {words_of(error)}.") from error
    return found


def words_of(error: Exception) -> str:
    return str(error) or type(error).__name__


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    inner: Any = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)
    if isinstance(inner, type):
        return typing.get_type_hints(inner.__init__)  # type: ignore[misc]
    holder = inner if inspect.isroutine(inner) else type(inner).__call__
    return typing.get_type_hints(holder)


def convert(annotation: Any, value: Any) -> Any:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if behind := getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None):
        return convert(behind, value)
    if origin is typing.Annotated:
        return convert(parts[0], value)
    if origin in (typing.Union, types.UnionType):
        return one_of(parts, value)
    if origin in BUILDERS or annotation in BUILDERS:
        return built(origin or annotation, parts, value)
    if isinstance(value, Mapping) and parts and issubclass(origin or object, collections.abc.Mapping):
        return {convert(parts[0], key): convert(parts[1], item) for key, item in value.items()}
    return single(annotation, value)


def one_of(parts: Sequence[Any], value: Any) -> Any:
    """Return ``value`` as the first of ``parts`` that it fits as it is, else the first that it converts to."""
    if value is None and type(None) in parts:
        return None
    for part in parts:
        if isinstance(part, type) and type(value) is part:
            return value
    problems = []
    for part in parts:
        try:
            found = convert(part, value)
        except Exception as error:
            problems.append(words_of(error))
            continue
        if part is Any or not isinstance(part, type) or isinstance(found, part):
            return found
        problems.append(f"{value!r:.80} is not of type {part.__name__}")
    raise ValueError("; ".join(problems))


def built(shape: Any, parts: Sequence[Any], value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError(f"{value!r:.80} is not a list")
    if shape is tuple and parts and parts[-1] is not Ellipsis:
        return tuple(convert(*each) for each in zip(parts, value, strict=True))
    return BUILDERS[shape](convert(parts[0], item) if parts else item for item in value)


def single(kind: Any, value: Any) -> Any:
    if kind is Any or not isinstance(kind, type) or isinstance(value, kind):
        return value
    if issubclass(kind, Enum):
        return member(kind, value)
    if dataclasses.is_dataclass(kind):
        return record(kind, value)
    return READERS[kind](value) if kind in READERS else value


def member(kind: type[Enum], value: Any) -> Enum:
    """Return the member with this value, else the one with this name."""
    found = next((each for each in kind if each.value == value), None)
    if found is None and isinstance(value, str):
        found = kind.__members__.get(value)
    if found is None:
        raise ValueError(f"{value!r:.80} is none of {[each.value for each in kind]!r:.200}")
    return found


def record(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r:.80} is not an object with the fields of {kind.__name__}")
    hints = typing.get_type_hints(kind)
    return kind(**{name: convert(hints.get(name, Any), item) for name, item in value.items()})
