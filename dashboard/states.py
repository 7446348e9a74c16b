"""The states that operators speak of. They are finer than the five statuses: a queued task may wait for its time."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from django_simple_queue.models import Task


@dataclass(frozen=True, slots=True)
class State:
    """``tone`` is the colour's name in the stylesheet, ``icon`` the shape's in the sprite."""

    slug: str
    label: str
    tone: str
    icon: str


QUEUED = State("queued", "Queued", "queued", "queued")
SCHEDULED = State("scheduled", "Scheduled", "scheduled", "scheduled")
RETRYING = State("retrying", "Retrying", "warn", "requeue")
PROGRESS = State("progress", "In progress", "progress", "progress")
STOPPING = State("stopping", "Stopping", "warn", "progress")
COMPLETED = State("completed", "Completed", "completed", "completed")
FAILED = State("failed", "Failed", "failed", "failed")
CANCELLED = State("cancelled", "Cancelled", "cancelled", "cancelled")
STALLED = State("stalled", "Stalled", "warn", "lost")
UNKNOWN = State("unknown", "Unknown", "queued", "info")

OF_STATUS = {
    Task.QUEUED: QUEUED,
    Task.PROGRESS: PROGRESS,
    Task.COMPLETED: COMPLETED,
    Task.FAILED: FAILED,
    Task.CANCELLED: CANCELLED,
}


def state_of(task: Task, stalled: bool = False) -> State:
    """Return the state of a row; ``stalled`` says that no live worker holds it although it is in progress."""
    if task.status == Task.QUEUED:
        return waiting_state(task)
    if task.status == Task.PROGRESS and stalled:
        return STALLED
    if task.status == Task.PROGRESS and task.cancel_requested:
        return STOPPING
    return OF_STATUS.get(task.status, UNKNOWN)


def waiting_state(task: Task) -> State:
    if task.attempt > 0:
        return RETRYING
    waits = not task.due and task.run_after > timezone.now()
    return SCHEDULED if waits else QUEUED
