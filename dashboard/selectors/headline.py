"""An error in one line: its class, and what it says."""

from __future__ import annotations

from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_text, visible


def named(task: Task, args: str | None, line: str) -> tuple[str, str]:
    """Return the class and the message of a raw last line of an error, ("", "") when it does not begin with its class.

    A class such as CardDeclined may look like the name of a secret; it is none, so only the message is searched.
    """
    for spelling in filter(None, (task.error_class, short(task.error_class))):
        if line == spelling or line.startswith(f"{spelling}:"):
            said = redact_text(task.task, args, line[len(spelling) + 1 :].strip())
            return visible(task.error_class).removeprefix("builtins."), said
    return "", ""


def last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def short(path: str) -> str:
    return path.rpartition(".")[2]
