"""What a task takes, in the operator's words: read from the callable's signature, its annotations and its docstring."""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

from django_simple_queue import callables, conf

WORDS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    date: "date as text, 2026-12-31",
    datetime: "date and time as text, 2026-12-31T18:00:00Z",
    Decimal: "decimal number as text",
    UUID: "UUID as text",
    dict: "object",
    list: "list",
    type(None): "empty",
    Any: "any value",
    inspect.Parameter.empty: "any value",
}
EXAMPLES: dict[Any, Any] = {int: 0, float: 0.0, str: "", bool: False, dict: {}, list: []}
JSON_TYPES: dict[Any, tuple[type, ...]] = {
    int: (int,),
    float: (int, float),
    str: (str,),
    bool: (bool,),
    dict: (dict,),
    list: (list,),
    type(None): (type(None),),
}
SECTION = re.compile(r"^\s*(Args|Arguments|Parameters):\s*$")
GOOGLE = re.compile(r"^\s*\**(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")
SPHINX = re.compile(r"^\s*:param\s+(?:[^:\s]+\s+)?(\w+):\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: ``words`` say its type to people, ``annotation`` as it stands in the code, ``default`` as JSON."""

    name: str
    required: bool
    words: str
    annotation: str
    default: str
    help: str
    example: Any
    kind: Any


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of an allowlisted task; ``error`` says why it cannot be called, "" when it can."""

    path: str
    title: str = ""
    summary: str = ""
    details: str = ""
    parameters: Sequence[Parameter] = ()
    takes_anything: bool = False
    error: str = ""

    @property
    def module(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def example(self) -> str:
        """Arguments to start from: placeholders for what is required, and the defaults."""
        return json.dumps({each.name: each.example for each in self.parameters}, indent=2, ensure_ascii=False)

    def problems(self, args: Mapping[str, Any]) -> list[str]:
        """Return what keeps ``args`` from fitting, a sentence each; empty when they fit."""
        known = {each.name: each for each in self.parameters}
        unfit = [unfit_value(known[name], value) for name, value in args.items() if name in known]
        return [*self.misfits(args), *filter(None, unfit)]

    def misfits(self, args: Mapping[str, Any]) -> list[str]:
        """Return which names ``args`` lack or have too many, a sentence each, without any value."""
        known = {each.name: each for each in self.parameters}
        missing = [f"{each.name} is missing: {each.words}." for each in known.values() if is_missing(each, args)]
        unknown = [] if self.takes_anything else [self.unexpected(name) for name in args if name not in known]
        return [*missing, *unknown]

    def unexpected(self, name: str) -> str:
        names = ", ".join(each.name for each in self.parameters)
        return f"{name[:80]} is not a parameter of {self.name}; " + (
            f"it takes {names}." if names else "it takes none."
        )


def is_missing(parameter: Parameter, args: Mapping[str, Any]) -> bool:
    return parameter.required and parameter.name not in args


def unfit_value(parameter: Parameter, value: Any) -> str:
    if fits(parameter.kind, value):
        return ""
    return f"{parameter.name} must be {with_article(parameter.words)}, not {json.dumps(value, ensure_ascii=False):.60}."


def with_article(words: str) -> str:
    return (
        words
        if words.startswith(("one of", "text", "true", "empty", "any"))
        else f"a{'n' * (words[0] in 'aeiou')} {words}"
    )


def fits(kind: Any, value: Any) -> bool:
    """Tell whether the JSON ``value`` can be meant for ``kind``; what is not understood fits."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return any(fits(part, value) for part in typing.get_args(kind))
    if origin is Literal:
        return value in typing.get_args(kind)
    accepted = JSON_TYPES.get(origin or kind)
    if accepted is None:
        return True
    return isinstance(value, accepted) and (bool in accepted or not isinstance(value, bool))


def describe(path: str) -> Call:
    """Return what the task at ``path`` takes; never raises, whatever its module does on import."""
    title = conf.get_task_options(path).title
    try:
        function = callables.resolve(path)
        signature = inspect.signature(function)
        hints = type_hints(function)
    except Exception as error:
        return Call(path, title, error=f"{type(error).__name__}: {error}"[:500])
    summary, details, helps = read_docstring(inspect.getdoc(function) or "")
    named = [each for each in signature.parameters.values() if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    anything = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    parameters = [describe_parameter(each, hints, helps) for each in named]
    return Call(path, title, summary, details, parameters, anything, unreachable(named))


def unreachable(parameters: Sequence[inspect.Parameter]) -> str:
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY and each.default is each.empty]
    return f"{', '.join(names)} can only be passed by position, which arguments by name cannot do." if names else ""


def type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:
        return {}


def describe_parameter(parameter: inspect.Parameter, hints: Mapping[str, Any], helps: Mapping[str, str]) -> Parameter:
    said = hints.get(parameter.name, parameter.annotation)
    kind = said if isinstance(said, Hashable) else Any
    required = parameter.default is parameter.empty
    return Parameter(
        name=parameter.name,
        required=required,
        words=words_of(kind),
        annotation="" if said is parameter.empty else inspect.formatannotation(said),
        default="" if required else as_json(parameter.default),
        help=helps.get(parameter.name, ""),
        example=example_of(kind) if required else plain_default(parameter.default),
        kind=kind,
    )


def words_of(kind: Any) -> str:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(words_of(part) for part in parts)
    if origin is Literal:
        return "one of " + ", ".join(as_json(part) for part in parts)
    if origin is list and parts:
        return f"list of {words_of(parts[0])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(as_json(member.value) for member in kind)
    return WORDS.get(origin or kind) or inspect.formatannotation(kind)


def example_of(kind: Any) -> Any:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return parts[0]
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in parts else example_of(parts[0])
    return EXAMPLES.get(origin or kind, "")


def as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return repr(value)[:80]


def plain_default(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return str(value)


def read_docstring(text: str) -> tuple[str, str, dict[str, str]]:
    """Return the first line, the rest, and the help of each parameter (Google's and Sphinx's ways of writing it)."""
    summary, _, rest = text.strip().partition("\n")
    helps: dict[str, str] = {}
    details: list[str] = []
    in_section, name = False, ""
    for line in rest.splitlines():
        in_section = bool(SECTION.match(line)) or (in_section and (not line.strip() or line.startswith((" ", "\t"))))
        found = SPHINX.match(line) or (GOOGLE.match(line) if in_section and not SECTION.match(line) else None)
        if found:
            name, helps[found[1]] = found[1], found[2].strip()
        elif in_section and name and line.strip():
            helps[name] = f"{helps[name]} {line.strip()}".strip()
        elif not in_section:
            details.append(line)
    return summary.strip(), "\n".join(details).strip(), helps
