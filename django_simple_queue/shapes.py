"""What a setting may look like, and the words for it."""

from __future__ import annotations

import math
from typing import Any

ENDED = ("completed", "failed", "cancelled")
ALLOWED_TASKS_SHAPE = "a set or list of dotted paths, a mapping of dotted paths to options, or None"
MOST_DAYS = 36_500
MOST_SECONDS = 2_000_000_000
"""Beyond these, calendars and the columns of databases come to their end."""
MOST_ATTEMPTS = 1000
MOST_TASKS = 1_000_000
MEMORY_MB = (64, 1_000_000)
"""With less, every child would be too large before its first task."""
MEBIBYTE = 1024 * 1024
MOST_OUTPUT, MOST_ARGS, MOST_LOG = 128 * MEBIBYTE, 64 * MEBIBYTE, 64 * MEBIBYTE
"""Output, log and error of a run travel together, and every supported database takes a text of that size."""
RETENTION_SHAPE = (
    f'a mapping such as {{"completed": 30, "failed": None}}: whole days from 1 to {MOST_DAYS}, None keeps for ever'
)
DASHBOARD_LINKS_SHAPE = 'a list of dotted paths of functions, such as ["shop.links.order"]'
BACKOFF_SHAPE = "a list of seconds such as [10, 60, 600], a function of the attempt's number, or None"


def is_backoff(value: object) -> bool:
    return value is None or callable(value) or are_steps(value)


def are_steps(value: object) -> bool:
    """Tell whether ``value`` is a list of seconds."""
    return isinstance(value, list | tuple) and bool(value) and all(map(is_duration, value))


def is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def keeps(entry: tuple[Any, Any]) -> bool:
    status, days = entry
    return status in ENDED and (days is None or (type(days) is int and 1 <= days <= MOST_DAYS))
