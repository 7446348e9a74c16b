"""The call of a task as Python code, to paste into a shell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django_simple_queue.models import Task

MOST_ARGUMENTS = 60_000


def call_text(task: Task, arguments: Any) -> str:
    """Return the call as Python code, with the secrets masked; "" when the arguments are not an object."""
    if not isinstance(arguments, Mapping) or len(task.args or "") > MOST_ARGUMENTS:
        return ""
    literal = "\n    ".join(python_literal(arguments).splitlines())
    return f"create_task(\n    {task.task!r},\n    {literal},\n    {', '.join(options(task))},\n)"


def options(task: Task) -> list[str]:
    """Return what differs from a plain call, and always the queue."""
    values = {"priority": task.priority or None, "timeout": task.timeout}
    attempts = [f"max_attempts={task.max_attempts}"] if task.max_attempts > 1 else []
    set_ones = [f"{name}={value!r}" for name, value in values.items() if value is not None]
    return [f"queue={task.queue!r}", *set_ones, *attempts]


def python_literal(value: Mapping[str, Any]) -> str:
    lines = [f"    {json.dumps(key, ensure_ascii=False)}: {item!r}," for key, item in value.items()]
    return "\n".join(["{", *lines, "}"]) if lines else "{}"
