"""Texts that are looked for: a condition for the database, and the proof that a row shows them after redaction.

A search must not tell what a secret is, so what the database finds counts only when the operator may see it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Case, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Left, Length, Replace
from django.db.models.lookups import EndsWith, StartsWith

from dashboard import ids
from dashboard.filters import TaskFilter
from dashboard.formats import arguments_text
from dashboard.selectors.rows import ERROR_EDGE, end_of_error, light
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_args, redact_head, redact_text

ARGS_SEARCHED, ERROR_SEARCHED = 20_000, 200_000
LONG_ARGS, LONG_ERROR = Q(args_size__gt=ARGS_SEARCHED), Q(error_size__gt=ERROR_SEARCHED)
NOTHING = Q(pk__in=())
EDGES = ' "'


@dataclass(frozen=True, slots=True)
class Needles:
    """``anywhere`` is text of a task's path, arguments or error; ``payload`` says whether the latter may be seen."""

    anywhere: str
    args: str
    error: str
    payload: bool

    @classmethod
    def of(cls, filters: TaskFilter, payload: bool) -> Needles:
        return cls(filters.text, str(filters.value("args")), str(filters.value("error")), payload)

    def __bool__(self) -> bool:
        return bool(self.anywhere or self.args or self.error)

    def sought_in(self, rows: QuerySet[Task]) -> QuerySet[Task]:
        """Return what the database can tell: every row that matches, some that only seem to, and what ``is_unread``.

        Whether the latter hold the text is not asked: it may be a secret, and their number is shown.
        """
        too_long = self.too_long()
        is_unread = Case(When(too_long, then=Value(True)), default=Value(False), output_field=BooleanField())
        read = light(rows, ARGS_SEARCHED).annotate(error_size=Length("error"))
        found = self.text_condition() & self.args_condition() & self.error_condition()
        return read.filter(found | too_long).annotate(is_unread=is_unread, error_start=Left("error", ERROR_SEARCHED))

    def too_long(self) -> Q:
        """Return the condition for texts that are too long to be redacted; without its arguments no error can be."""
        if not self.payload:
            return NOTHING
        if self.anywhere:
            return LONG_ARGS | LONG_ERROR
        return LONG_ARGS if self.args else LONG_ERROR | (LONG_ARGS & Q(error_size__gt=0))

    def text_condition(self) -> Q:
        if not self.anywhere:
            return Q()
        found = stored("task", self.anywhere) | id_condition(self.anywhere)
        if self.payload:
            found |= stored_args(self.anywhere) | stored("error", self.anywhere)
        return found

    def args_condition(self) -> Q:
        if not self.args:
            return Q()
        return stored_args(self.args) if self.payload else NOTHING

    def error_condition(self) -> Q:
        if not self.error:
            return Q()
        known = stored("error_class", self.error)
        return known | stored("error", self.error) if self.payload else known

    def are_in(self, row: Any) -> bool:
        """Tell whether the row shows each text where it is looked for."""
        return self.text_in(row) and self.args_in(row) and self.error_in(row)

    def text_in(self, row: Any) -> bool:
        return (
            not self.anywhere
            or holds(self.anywhere, row.task)
            or in_id(self.anywhere, row)
            or (self.payload and (in_args(self.anywhere, row) or in_error(self.anywhere, row)))
        )

    def args_in(self, row: Any) -> bool:
        if not self.args:
            return True
        key, equals, value = self.args.partition("=")
        if equals and is_path(key):
            return self.payload and is_value(value, shown_args(row), key.split("."))
        return self.payload and in_args(self.args, row)

    def error_in(self, row: Any) -> bool:
        known = not self.error or holds(self.error, row.error_class)
        return known or (self.payload and in_error(self.error, row))


def id_condition(text: str) -> Q:
    part = ids.part(text)
    if part is None:
        return NOTHING
    stored = Replace(Cast("id", TextField()), Value("-"), Value(""), output_field=TextField())
    called = Q(task__iendswith=part.name) if part.name else Q()
    return called & (Q(StartsWith(stored, part.digits)) | Q(EndsWith(stored, part.digits)))


def in_id(text: str, row: Any) -> bool:
    part = ids.part(text)
    if part is None:
        return False
    *_modules, last = row.task.casefold().split(".")
    named = part.name.casefold() in ("", last)
    return named and bool(row.pk.hex.startswith(part.digits) or row.pk.hex.endswith(part.digits))


def stored_args(text: str) -> Q:
    """Return the condition for arguments, which are JSON text, escaped or not; of ``key=value`` the value is found."""
    key, equals, value = text.partition("=")
    sought = value.strip(EDGES) if equals and is_path(key) and value else text
    return stored("args", sought) | stored("args", sought, escaped)


def stored(column: str, text: str, written: Callable[[str], str] = str) -> Q:
    """Return the condition for a text in either case: SQLite knows that of ASCII letters, and an escape has none."""
    return reduce(or_, (Q((f"{column}__icontains", written(spelling))) for spelling in spellings(text)))


def spellings(text: str) -> Iterable[str]:
    return [text] if text.isascii() else {text, text.lower(), text.upper(), text.title(), text.capitalize()}


def escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def is_path(key: str) -> bool:
    return all(part.isidentifier() for part in key.split("."))


def holds(needle: str, text: object) -> bool:
    return needle.casefold() in str(text or "").casefold()


def shown_args(row: Any) -> Any:
    return None if row.args_size and row.args_short is None else redact_args(row.task, row.args_short)


def in_args(needle: str, row: Any) -> bool:
    args = shown_args(row)
    return args is not None and any(
        holds(needle, text) for text in (arguments_text(args), json.dumps(args, ensure_ascii=False, default=str))
    )


def is_value(wanted: str, args: Any, path: list[str]) -> bool:
    """Tell whether the argument at ``path`` is ``wanted``, as it is, as the list writes it, or but for its edges."""
    for key in path:
        if not isinstance(args, Mapping) or key not in args:
            return False
        args = args[key]
    text = args if isinstance(args, str) else json.dumps(args, ensure_ascii=False, default=str)
    return text.casefold() in (wanted.casefold(), wanted.strip(EDGES).casefold())


def in_error(needle: str, row: Any) -> bool:
    if row.args_size and row.args_short is None:
        return holds(needle, row.error_class)
    return holds(needle, start_of_error(row)) or holds(needle, end_of_error(row))


def start_of_error(row: Any) -> str:
    if len(row.error_start or "") < ERROR_SEARCHED:
        return redact_text(row.task, row.args_short, row.error_start)
    return redact_head(row.task, row.args_short, row.error_start, ERROR_EDGE)
