"""The whole texts of one task, for downloads."""

from __future__ import annotations

import json
from uuid import UUID

from dashboard.selectors.payload import arguments
from dashboard.selectors.windows import TEXTS
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_text

NAMES = ("args", *TEXTS)


def whole_text(pk: UUID, name: str) -> str | None:
    """Return a text of a task with its secrets masked; None for an unknown task or another name."""
    if name not in NAMES:
        return None
    task = Task.objects.filter(pk=pk).only("task", "args", "positional", name).first()
    if task is None:
        return None
    if name == "args":
        return json.dumps(arguments(task), indent=2, ensure_ascii=False)
    return redact_text(task.task, task.args, getattr(task, name))
