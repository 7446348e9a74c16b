"""What a caller of ``create_task`` may pass, and the errors that say what was wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from django_simple_queue import conf, shapes
from django_simple_queue.text import UNSTORABLE, kind_of, storable

MAX_PATH = 255
ALL_QUEUES = "*"
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
LIMITS = {"priority": (-100, 100), "max_attempts": (1, shapes.MOST_ATTEMPTS)}


def check_path(task: object) -> str:
    """Return ``task`` when it can be a dotted path; TypeError or ValueError otherwise."""
    if not isinstance(task, str):
        raise TypeError(f"task must be a dotted path (str){path_of(task)}, not {task!r}.")
    if not task or UNSTORABLE.search(task):
        raise ValueError(f"task must be a dotted path such as 'shop.tasks.send_invoice', not {task!r:.200}.")
    if len(task) > MAX_PATH:
        raise ValueError(f"task has {len(task)} characters, at most {MAX_PATH} are possible: {task[:60]!r}...")
    return task


def path_of(task: object) -> str:
    """Return ", here 'its.path'" for a function that was passed itself, as to other queues; "" for all else."""
    path = f"{getattr(task, '__module__', '')}.{getattr(task, '__qualname__', '')}"
    return f", here {path!r}" if callable(task) and all(map(str.isidentifier, path.split("."))) else ""


def encode_args(args: object) -> str:
    """Return ``args`` as JSON text.

    Raises TypeError when it is not a dict of plain JSON values (the message names the key), ValueError when it is
    larger than DJANGO_SIMPLE_QUEUE_MAX_ARGS_SIZE bytes.
    """
    if not isinstance(args, dict):
        raise TypeError(f"args should be of type dict, not {type(args).__name__}.")
    encoded = dump(args)
    size, limit = len(encoded.encode()), conf.get_max_args_size()
    if size > limit:
        raise ValueError(
            f"args are {size:,} bytes as JSON, more than the {limit:,} of {conf.PREFIX}MAX_ARGS_SIZE. "
            "Store the data elsewhere and pass a reference."
        )
    return encoded


def decode_args(text: str | None) -> dict[str, Any]:
    """Return the arguments that ``encode_args`` has made ``text`` of; ValueError when it is no JSON object."""
    try:
        value = json.loads(text) if text else {}
    except RecursionError:
        raise ValueError("args are nested too deeply.") from None
    if not isinstance(value, dict):
        raise ValueError(f"args must be a JSON object, not {type(value).__name__}.")
    return value


def dump(args: Mapping[str, Any]) -> str:
    try:
        require_plain(args, "args")
        encoded = ENCODER.encode(args)
    except RecursionError:
        raise TypeError("args are nested too deeply, or contain themselves.") from None
    return json.dumps(args) if UNSTORABLE.search(encoded) else encoded


def require_plain(value: object, where: str) -> None:
    """Raise TypeError, naming the place, unless ``value`` comes back from JSON as it went in."""
    if isinstance(value, dict):
        for key, item in value.items():
            require_plain(item, f"{where}[{require_text(key, where)!r}]")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            require_plain(item, f"{where}[{index}]")
    else:
        require_scalar(value, where)


def require_text(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where} has the key {key!r}: JSON keys are strings. Use {str(key)!r}.")
    return key


def require_scalar(value: object, where: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"{where} is {value!r}, which JSON does not have.")
    if not isinstance(value, str | int | float | None):
        raise TypeError(f"{where} is {kind_of(value)} ({repr(value)[:80]}), which is not JSON. {advice(value)}")


def advice(value: object) -> str:
    if hasattr(value, "isoformat"):
        return "Pass value.isoformat() and parse it in the task."
    if hasattr(value, "pk"):
        return "Pass its primary key and fetch the object in the task."
    return "Pass text or a number and convert it in the task."


def check_range(name: str, value: object) -> int:
    """Return the whole number ``value`` of parameter ``name`` when it is within LIMITS."""
    low, high = LIMITS[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {value!r}.")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, not {value}.")
    return value


def check_timeout(value: object) -> int | None:
    """Return a timeout in whole seconds (0: none; None: as the setting says)."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"timeout must be whole seconds or None, not {value!r}.")
    if not 0 <= value <= shapes.MOST_SECONDS:
        raise ValueError(f"timeout must be 0 (none) or up to {shapes.MOST_SECONDS} seconds, not {value}.")
    return value


def check_backoff(value: object) -> str | None:
    """Return a list of seconds as JSON text (None: as the task's option or the setting says)."""
    if value is None:
        return None
    if callable(value):
        raise TypeError(
            "backoff must be a list of seconds such as [1, 10, 60]: a function cannot be stored with a call. "
            f"Set it as the task's option in {conf.PREFIX}ALLOWED_TASKS."
        )
    if not isinstance(value, list | tuple):
        raise TypeError(f"backoff must be a list of seconds such as [1, 10, 60], not {value!r:.200}.")
    if not shapes.are_steps(value) or len(value) > LIMITS["max_attempts"][1]:
        raise ValueError(f"backoff must have 1 to {LIMITS['max_attempts'][1]} numbers from 0 on, not {value!r:.200}.")
    return json.dumps(value)


def check_name(name: str, value: object, max_length: int) -> str:
    """Return the text ``value`` of parameter ``name``; it must not be empty nor too long."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {value!r}.")
    if not value or len(value) > max_length or UNSTORABLE.search(value):
        raise ValueError(f"{name} must have 1 to {max_length} ordinary characters, not {value[:80]!r} ({len(value)}).")
    return value


def check_author(created_by: object) -> str:
    """Return who enqueues as far as there is room for it; it must be text, be it empty."""
    if not isinstance(created_by, str):
        raise TypeError(f"created_by must be text, not {created_by!r:.200}.")
    return storable(created_by[:150], 600)


def check_queue(value: object) -> str:
    """Return the name of a queue; a comma separates names on the worker's command line, so a name has none."""
    name = check_name("queue", value, 64)
    if "," in name or name != name.strip():
        raise ValueError(f"queue must have no comma and no space around it, not {name!r}.")
    if name == ALL_QUEUES:
        raise ValueError(f"queue must not be {name!r}: whoever pauses that pauses all queues.")
    return name


def check_idempotency_key(value: object) -> str:
    """Return a key; without spaces around it, since databases differ in whether those make another one of it."""
    key = check_name("idempotency_key", value, 200)
    if key != key.strip():
        raise ValueError(f"idempotency_key must have no space around it, not {key!r}.")
    return key


def as_instant(value: object, name: str = "run_after") -> datetime:
    """Return the time that ``value`` of parameter ``name`` means: now (None), a datetime, or a timedelta from now.

    A datetime must be aware; where USE_TZ is off it may be one of local time, which is what is stored there.
    """
    if value is None:
        return timezone.now()
    if isinstance(value, timedelta):
        return later(value, name)
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime or a timedelta, not {value!r}.")
    if timezone.is_naive(value) and settings.USE_TZ:
        raise ValueError(f"{name} must be an aware datetime; {value.isoformat()} has no time zone.")
    return in_calendar(value, name)


def in_calendar(moment: datetime, name: str) -> datetime:
    """Return ``moment`` as it is stored; ValueError for one that has no date there or in UTC."""
    try:
        moment.astimezone(UTC)
        return moment if settings.USE_TZ or timezone.is_naive(moment) else timezone.make_naive(moment)
    except OverflowError:
        raise ValueError(f"{name} must be a time that a calendar has in UTC too, not {moment.isoformat()}.") from None


def later(wait: timedelta, name: str) -> datetime:
    try:
        return timezone.now() + wait
    except OverflowError:
        raise ValueError(f"{name} must be a time that a calendar has, not {wait} from now.") from None
