"""Python's values as the plain JSON in which a task's arguments are stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django_simple_queue.redaction import NOT_PLAIN


def as_json(value: Any) -> str:
    """Return ``value`` on one line as JSON; what JSON does not have as Python spells it."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:80]


def pretty(value: Any) -> str:
    """Return ``value`` as JSON to edit; characters that cannot be seen, or move others, are escaped."""
    return NOT_PLAIN.sub(escaped, json.dumps(value, indent=2, ensure_ascii=False))


def escaped(match: Any) -> str:
    return match[0] if match[0] == "\n" else json.dumps(match[0])[1:-1]


def plain(value: Any) -> Any:
    """Return ``value`` as callers of ``create_task`` pass it: dates as ISO text, Decimals and UUIDs as text.

    Raises TypeError for what has no such form.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return plain_inside(value)


def plain_inside(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=as_json)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{value!r:.80} has no plain form.")
