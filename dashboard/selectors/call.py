"""The call of a task as Python code, to paste into a shell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django_simple_queue import conf
from django_simple_queue.models import Task

MOST_ARGUMENTS = 60_000
OPTIONS = ("queue", "priority", "timeout", "max_attempts")


def call_of(task: Task, arguments: Any) -> str:
    """Return the call that ``task`` is, with its ``arguments`` as they may be shown; "" when those are no object."""
    if not isinstance(arguments, Mapping) or len(task.args or "") > MOST_ARGUMENTS:
        return ""
    return call_text(task.task, arguments, {name: getattr(task, name) for name in OPTIONS})


def call_text(path: str, arguments: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return the call as Python code."""
    literal = "\n    ".join(python_literal(arguments).splitlines())
    said = ", ".join(f"{name}={spelled(value)}" for name, value in unlike_a_plain_call(path, options))
    return f"create_task(\n    {path!r},\n    {literal},\n    {said},\n)"


def unlike_a_plain_call(path: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the options that the allowlist and the settings would not give by themselves, and always the queue."""
    declared = conf.get_task_options(path)
    plain = {
        "priority": declared.priority,
        "timeout": declared.timeout,
        "max_attempts": declared.max_attempts or conf.get_max_attempts(),
    }
    yield "queue", options.get("queue") or declared.queue
    for name, value in options.items():
        if name != "queue" and value is not None and value != plain.get(name):
            yield name, value


def spelled(value: Any) -> str:
    return f"datetime.fromisoformat({value.isoformat()!r})" if isinstance(value, datetime) else repr(value)


def python_literal(value: Mapping[str, Any]) -> str:
    lines = [f"    {json.dumps(key, ensure_ascii=False)}: {item!r}," for key, item in value.items()]
    return "\n".join(["{", *lines, "}"]) if lines else "{}"
