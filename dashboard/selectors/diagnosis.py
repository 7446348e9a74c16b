"""Why is this task not running? One sentence, from the first thing that holds it up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Now

from dashboard.selectors.scalars import ask, capped_count
from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Task, Worker

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Reason:
    """``hurts`` when it will not pass by itself; ``until`` is the time that ``text`` ends with, if it does."""

    text: str
    hurts: bool = False
    until: datetime | None = None


def reason(task: Task, now: datetime) -> Reason | None:
    """Return why a queued task does not run; None for one that is not queued."""
    if task.status != Task.QUEUED:
        return None
    if not conf.is_task_allowed(task.task):
        text = f"{task.task} is not in the allowlist, so a worker will refuse it: see {conf.PREFIX}ALLOWED_TASKS."
        return Reason(text, hurts=True)
    workers = list(Worker.objects.live().only("host", "pid", "queues", "state", "slots"))
    return fleet_reason(task, workers) or pause_reason(task) or time_reason(task, now) or line_reason(task, workers)


def fleet_reason(task: Task, workers: list[Worker]) -> Reason | None:
    if not workers:
        return Reason("No worker is alive. Start one with: python manage.py task_worker", hurts=True)
    serving = [worker for worker in workers if serves(worker, task.queue)]
    if not serving:
        served = ", ".join(sorted({queue for worker in workers for queue in queues_of(worker)}))
        return Reason(f"No worker serves the queue {task.queue}; {counted(workers)} only {served}.", hurts=True)
    if all(worker.state != Worker.State.RUNNING for worker in serving):
        states = " and ".join(sorted({worker.get_state_display().lower() for worker in serving}))
        return Reason(f"Every worker of the queue {task.queue} is {states}.", hurts=True)
    return None


def counted(workers: list[Worker]) -> str:
    return "the one worker serves" if len(workers) == 1 else f"the {len(workers)} workers serve"


def queues_of(worker: Worker) -> Iterable[str]:
    return [name.strip() for name in worker.queues.split(",") if name.strip()]


def serves(worker: Worker, queue: str) -> bool:
    """Tell whether ``worker`` takes tasks of ``queue``; one without queues takes all."""
    named = queues_of(worker)
    return not named or queue in named


def pause_reason(task: Task) -> Reason | None:
    pause = QueuePause.objects.filter(Q(until=None) | Q(until__gt=Now()), queue=task.queue).first()
    if pause is None:
        return None
    who = f" by {pause.paused_by}" if pause.paused_by else ""
    why = f": {pause.reason.rstrip('.')}" if pause.reason else ""
    return Reason(f"The queue {pause.queue} is paused{who}{why}.", hurts=True, until=pause.until)


def time_reason(task: Task, now: datetime) -> Reason | None:
    if task.due or task.run_after <= now:
        return None
    if task.attempt:
        text = f"Attempt {task.attempt} of {task.max_attempts} failed; the next one may start"
        return Reason(text, until=task.run_after)
    return Reason("It waits for its time", until=task.run_after)


def line_reason(task: Task, workers: list[Worker]) -> Reason:
    ahead = tasks_ahead(task)
    slots = sum(worker.slots for worker in workers if serves(worker, task.queue))
    if not ahead:
        return Reason(f"It is next in the queue {task.queue}, as soon as one of {slots} slots is free.")
    number = f"More than {MOST_COUNTED:,}" if ahead > MOST_COUNTED else f"{ahead:,}"
    return Reason(f"{number} {'task is' if ahead == 1 else 'tasks are'} ahead of it in the queue {task.queue}.")


def tasks_ahead(task: Task) -> int:
    """Return how many tasks of its queue are claimed before ``task``; each part is one range of the claim's index."""
    queued = Task.objects.filter(status=Task.QUEUED, due=True, queue=task.queue)
    parts = {
        "higher": queued.filter(priority__gt=task.priority),
        "earlier": queued.filter(priority=task.priority, run_after__lt=task.run_after),
    }
    return sum(ask({name: capped_count(rows, MOST_COUNTED) for name, rows in parts.items()}).values())
