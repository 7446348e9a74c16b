"""What the earlier attempts of a task said: the first line of each error, and of the newest ones more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Value
from django.db.models.functions import Left, Right

from dashboard.selectors.timeline import OUTCOMES
from dashboard.states import FAILED, State
from django_simple_queue.models import Attempt, Task
from django_simple_queue.redaction import redact_head, redact_tail, redact_text

MOST_ATTEMPTS = 50
TOLD_WHOLE = 10
ERROR_HEAD, ERROR_MARGIN = 4_000, 400
LOG_END, LOG_MARGIN = 10_000, 8_000


@dataclass(frozen=True, slots=True)
class Said:
    """``error`` and ``log`` are "" for all but the newest attempts; ``line`` is the error's first line."""

    attempt: Attempt
    line: str
    error: str
    log: str

    @property
    def state(self) -> State:
        return OUTCOMES.get(self.attempt.outcome, FAILED)


def attempts_of(task: Task, with_payload: bool) -> Sequence[Attempt]:
    """Return the latest attempts that left a row, oldest first."""
    head = Left("error", ERROR_HEAD) if with_payload else Value("")
    tail = Right("log", LOG_END) if with_payload else Value("")
    newest = task.attempts.order_by("-epoch").defer("log", "error").annotate(head=head, tail=tail)[:MOST_ATTEMPTS]
    return list(reversed(newest))


def unread(task: Task, attempts: Sequence[Attempt]) -> int:
    """Return how many attempts there were before the ones that ``attempts_of`` has read."""
    if len(attempts) < MOST_ATTEMPTS:
        return 0
    return task.attempts.filter(epoch__lt=attempts[0].epoch).count()


def earlier(task: Task, attempts: Sequence[Attempt]) -> Sequence[Said]:
    """Return what the attempts before the latest run said, newest first."""
    told = [each for each in reversed(attempts) if each.epoch != task.epoch and (each.head or each.tail)]  # type: ignore[attr-defined]
    return [said(task, each, whole=place < TOLD_WHOLE) for place, each in enumerate(told)]


def said(task: Task, attempt: Attempt, *, whole: bool) -> Said:
    error = beginning(task, attempt.head)  # type: ignore[attr-defined]
    log = end(task, attempt.tail) if whole else ""  # type: ignore[attr-defined]
    return Said(attempt, error.partition("\n")[0], error if whole else "", log)


def beginning(task: Task, head: str) -> str:
    cut = len(head) == ERROR_HEAD
    return redact_head(task.task, task.args, head, ERROR_MARGIN) if cut else redact_text(task.task, task.args, head)


def end(task: Task, tail: str) -> str:
    cut = len(tail) == LOG_END
    return redact_tail(task.task, task.args, tail, LOG_MARGIN) if cut else redact_text(task.task, task.args, tail)
