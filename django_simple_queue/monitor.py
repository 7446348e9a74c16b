"""Endings that the process of a task could not report itself; for programs that run ``execute_task`` on their own."""

from __future__ import annotations

import os
from uuid import UUID

from django_simple_queue import signals
from django_simple_queue.failure import LOST, Failure
from django_simple_queue.models import Attempt, Task


def detect_orphaned_tasks() -> int:
    """End tasks in progress that no live worker holds and whose process is gone, and return how many.

    A row with a worker is settled once that worker's lease has ended; for a row with only a process id (of the older
    releases) that process on this host decides. Rows with neither are left alone.
    """
    unowned = Task.objects.unowned().without_texts()
    orphans = [task for task in unowned if task.worker or (task.worker_pid and not is_alive(task.worker_pid))]
    return sum(end(task, cause(task), "lost") for task in orphans)


def cause(task: Task) -> str:
    return f"worker process (PID {task.worker_pid}) no longer running" if task.worker_pid else LOST.error


def handle_subprocess_exit(task_id: UUID, exit_code: int | None) -> bool:
    """End a task in progress whose process left with ``exit_code``, unless that is 0 or None; tell whether it did."""
    return bool(exit_code) and end_running(task_id, f"Worker subprocess exited with code {exit_code}", "crashed")


def handle_task_timeout(task_id: UUID, timeout_seconds: float) -> bool:
    """End a task in progress whose process was stopped after ``timeout_seconds``; tell whether it was in progress."""
    cause = TimeoutError(f"Task exceeded {timeout_seconds:g}s timeout")
    return end_running(task_id, f"Task timed out after {timeout_seconds:g} seconds", "timed_out", cause)


def end_running(task_id: UUID, error: str, outcome: str, cause: Exception | None = None) -> bool:
    task = Task.objects.running().filter(pk=task_id).without_texts().first()
    return task is not None and end(task, error, outcome, cause)


def end(task: Task, error: str, outcome: str, cause: Exception | None = None) -> bool:
    ended = task.fail(Failure(error), Attempt.Outcome(outcome))
    if ended and task.status == Task.FAILED:
        signals.on_failure.send_robust(sender=Task, task=task, error=cause)
    return ended


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
