"""The states that operators speak of. They are finer than the five statuses: a queued task may wait for its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from django_simple_queue.models import Task
from django_simple_queue.models import states as waiting


@dataclass(frozen=True, slots=True)
class State:
    """``tone`` is the colour's name in the stylesheet, ``icon`` the shape's in the sprite."""

    slug: str
    word: str
    tone: str
    icon: str

    @property
    def label(self) -> str:
        return gettext(self.word)


QUEUED = State("queued", gettext_noop("Queued"), "queued", "queued")
SCHEDULED = State("scheduled", gettext_noop("Scheduled"), "scheduled", "scheduled")
RETRYING = State("retrying", gettext_noop("Retrying"), "warn", "requeue")
PROGRESS = State("progress", gettext_noop("In progress"), "progress", "progress")
STOPPING = State("stopping", gettext_noop("Stopping"), "warn", "progress")
COMPLETED = State("completed", gettext_noop("Completed"), "completed", "completed")
FAILED = State("failed", gettext_noop("Failed"), "failed", "failed")
CANCELLED = State("cancelled", gettext_noop("Cancelled"), "cancelled", "cancelled")
STALLED = State("stalled", gettext_noop("Stalled"), "warn", "lost")
UNKNOWN = State("unknown", gettext_noop("Unknown"), "queued", "info")

OF_STATUS = {
    Task.QUEUED: QUEUED,
    Task.PROGRESS: PROGRESS,
    Task.COMPLETED: COMPLETED,
    Task.FAILED: FAILED,
    Task.CANCELLED: CANCELLED,
}
CONDITIONS = {
    QUEUED.slug: waiting.FOR_A_WORKER,
    SCHEDULED.slug: waiting.FOR_ITS_TIME,
    RETRYING.slug: waiting.FOR_ANOTHER_ATTEMPT,
    **{state.slug: Q(status=status) for status, state in OF_STATUS.items() if status != Task.QUEUED},
}
"""By tab: what it lists. A row is in the state of its tab, or in a finer one of those below."""


def state_of(task: Task, stalled: bool = False) -> State:
    """Return the state of a row; ``stalled`` says that no live worker holds it although it is in progress."""
    if task.status == Task.QUEUED:
        return waiting_state(task.attempt, waits=waits(task, timezone.now()))
    if task.status == Task.PROGRESS and stalled:
        return STALLED
    if task.status == Task.PROGRESS and task.cancel_requested:
        return STOPPING
    return OF_STATUS.get(task.status, UNKNOWN)


def waits(task: Task, now: datetime) -> bool:
    """Tell whether the task is queued for a time that has not come; ``due`` is set only where a worker lives."""
    return task.status == Task.QUEUED and not task.due and task.run_after > now


def waiting_state(attempt: int | None, *, waits: bool) -> State:
    """Return the state of what is queued; ``waits`` says that its time has not come."""
    if attempt:
        return RETRYING
    return SCHEDULED if waits else QUEUED


def is_held(task: Task, verb: str) -> bool:
    """Tell whether ``verb``, the latest done to the task, was a requeue that holds it so that Undo is real."""
    return verb == "requeue" and state_of(task) is SCHEDULED
