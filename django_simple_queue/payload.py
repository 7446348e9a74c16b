"""What a task carried and left behind, redacted, and as much of it as a page can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Left, Length, Right
from django.utils.functional import Promise
from django.utils.translation import ngettext

from django_simple_queue.models import Attempt, Task
from django_simple_queue.redaction import redact_args, redact_head, redact_tail, redact_text

COLUMNS = ("error", "args", "output", "log")
TEXTS = ("error", "output", "log")
SHOWN_LAST = ("log",)
WINDOW = 20_000
MARGIN = 20_000
LONGEST_LINE = 2_000
ROUNDED = 16
UNKNOWN = "?"
KEY_OF_FORM = "console:"
VIEW = "django_simple_queue.view_task"
VIEW_PAYLOAD = "django_simple_queue.view_task_payload"


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a task: its title, what is shown of it, and how many characters are left out."""

    name: str
    title: str | Promise
    text: str
    left_out: int

    @property
    def remark(self) -> str:
        if not self.left_out:
            return ""
        sentence = ngettext(
            "The last %(shown)s character; %(more)s before it are not shown.",
            "The last %(shown)s characters; %(more)s before them are not shown.",
            len(self.text),
        )
        if self.name not in SHOWN_LAST:
            sentence = ngettext(
                "The first %(shown)s character; %(more)s more are not shown.",
                "The first %(shown)s characters; %(more)s more are not shown.",
                len(self.text),
            )
        return sentence % {"shown": f"{len(self.text):,}", "more": f"{self.left_out:,}"}


def windowed(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return ``tasks`` so that no more of a big text than a page needs leaves the database; arguments come whole."""
    windows = {f"{name}_window": part_of(name, WINDOW + MARGIN) for name in TEXTS}
    lengths = {f"{name}_length": Length(F(name)) for name in TEXTS}
    return tasks.defer(None).defer(*TEXTS, "frames", "positional").annotate(**windows, **lengths)


def part_of(name: str, size: int) -> Func:
    return Right(name, Value(size)) if name in SHOWN_LAST else Left(name, size)


def parts(task: Task) -> Iterator[Part]:
    """Yield the texts of a task that ``windowed`` has read, redacted, the empty ones left out."""
    for name in COLUMNS:
        text, left_out = shown_arguments(task) if name == "args" else shown_text(task, name)
        if text:
            field: Any = Task._meta.get_field(name)
            yield Part(name, field.verbose_name, text, left_out)


def shown_arguments(task: Task) -> tuple[str, int]:
    text = arguments(task) or ""
    return text[:WINDOW], max(len(text) - WINDOW, 0)


def shown_text(task: Task, name: str) -> tuple[str, int]:
    window, length = getattr(task, f"{name}_window"), getattr(task, f"{name}_length") or 0
    if length <= WINDOW + MARGIN:
        return cut(name, redact_text(task.task, task.args, window))
    redact = redact_tail if name in SHOWN_LAST else redact_head
    return cut(name, redact(task.task, task.args, window, MARGIN))[0], length - WINDOW


def cut(name: str, text: str) -> tuple[str, int]:
    left_out = max(len(text) - WINDOW, 0)
    return (text[left_out:] if name in SHOWN_LAST else text[: len(text) - left_out]), left_out


def arguments(task: Task) -> str | None:
    """Return the arguments as redacted JSON text; a sentence, as JSON too, when they cannot be read."""
    return json.dumps(redact_args(task.task, task.args), ensure_ascii=False) if task.args else task.args


def whole(task: Task) -> dict[str, str | None]:
    """Return the texts of a task, redacted, under the names of their columns."""
    texts = {name: getattr(task, name) for name in TEXTS}
    shown = {name: text and redact_text(task.task, task.args, text) for name, text in texts.items()}
    return {"args": arguments(task), **shown}


def progress_message(task: Task) -> str:
    return redact_text(task.task, task.args, task.progress_message)


def shown_key(task: Task) -> str:
    """Return the idempotency key, "" for one that the console's enqueue form gave itself: it was made from secrets."""
    key = task.idempotency_key or ""
    return "" if key.startswith(KEY_OF_FORM) else key


def attempt_error(attempt: Attempt) -> str:
    """Return the beginning of the error of a run, redacted."""
    path, args = call_of(attempt)
    return redact_text(path, args, attempt.error)[:WINDOW]


def attempt_log(attempt: Attempt) -> str:
    """Return the end of what a run wrote, redacted; where it was cut when it was stored, without its first line."""
    path, args = call_of(attempt)
    if len(attempt.log.encode()) < Attempt.LOG_TAIL - ROUNDED:
        return redact_text(path, args, attempt.log)[-WINDOW:]
    return redact_tail(path, args, attempt.log, min(len(attempt.log.partition("\n")[0]), LONGEST_LINE))[-WINDOW:]


def call_of(attempt: Attempt) -> tuple[str, str | None]:
    """Return the path and the arguments of the task; for one that is gone, arguments that hide every text."""
    found = Task.objects.filter(pk=attempt.task_id).values_list("task", "args").first()
    return found or ("", UNKNOWN)
