"""Why is this task not running? One sentence, from the first thing that holds it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.formats import CAP, capped, coarse, number
from dashboard.selectors import flow
from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Task, Worker

RUNNING = Worker.State.RUNNING
WORKER_COLUMNS = ("host", "pid", "queues", "state", "slots", "state_by", "state_reason")


@dataclass(frozen=True, slots=True)
class Reason:
    """``hurts`` when it will not pass by itself; ``until`` is the time that ``text`` ends with, if it does."""

    text: str
    hurts: bool = False
    until: datetime | None = None


def reason(task: Task, now: datetime, pauses: Sequence[QueuePause]) -> Reason | None:
    """Return why a queued task does not run; None for one that is not queued. ``pauses`` are those that hold now."""
    if task.status != Task.QUEUED:
        return None
    if not conf.is_task_allowed(task.task):
        text = f"{task.task} is not in the allowlist, so a worker will refuse it: see {conf.PREFIX}ALLOWED_TASKS."
        return Reason(text, hurts=True)
    workers = list(Worker.objects.live().only(*WORKER_COLUMNS))
    return (
        fleet_reason(task, workers)
        or pause_reason(task, pauses)
        or time_reason(task, now)
        or line_reason(task, workers, now)
    )


def fleet_reason(task: Task, workers: list[Worker]) -> Reason | None:
    if not workers:
        return Reason("No worker is alive. Start one with: python manage.py task_worker", hurts=True)
    serving = [worker for worker in workers if serves(worker, task.queue)]
    if not serving:
        served = ", ".join(sorted({queue for worker in workers for queue in queues_of(worker)}))
        return Reason(f"No worker serves the queue {task.queue}; {counted(workers)} only {served}.", hurts=True)
    if all(worker.state != RUNNING for worker in serving):
        states = " and ".join(sorted({standing(worker) for worker in serving}))
        return Reason(f"Every worker of the queue {task.queue} is {states}.", hurts=True)
    return None


def standing(worker: Worker) -> str:
    """Say how a worker stands still, who made it, and why."""
    who = f" by {worker.state_by}" if worker.state_by else ""
    why = f" ({worker.state_reason.rstrip('.')})" if worker.state_reason else ""
    return f"{worker.get_state_display().lower()}{who}{why}"


def counted(workers: list[Worker]) -> str:
    return "the one worker serves" if len(workers) == 1 else f"the {len(workers)} workers serve"


def queues_of(worker: Worker) -> Iterable[str]:
    return [name.strip() for name in worker.queues.split(",") if name.strip()]


def serves(worker: Worker, queue: str) -> bool:
    """Tell whether ``worker`` takes tasks of ``queue``; one without queues takes all."""
    named = queues_of(worker)
    return not named or queue in named


def pause_reason(task: Task, pauses: Sequence[QueuePause]) -> Reason | None:
    pause = pause_of(task.queue, pauses)
    if pause is None:
        return None
    who = f" by {pause.paused_by}" if pause.paused_by else ""
    why = f": {pause.reason.rstrip('.')}" if pause.reason else ""
    what = "Every queue is" if pause.queue == QueuePause.ALL else f"The queue {pause.queue} is"
    return Reason(f"{what} paused{who}{why}.", hurts=True, until=pause.until)


def pause_of(queue: str, pauses: Sequence[QueuePause]) -> QueuePause | None:
    """Return the pause that holds ``queue``: its own, else that of all queues."""
    return next((pause for name in (queue, QueuePause.ALL) for pause in pauses if pause.queue == name), None)


def time_reason(task: Task, now: datetime) -> Reason | None:
    if task.due or task.run_after <= now:
        return None
    if task.attempt:
        text = f"Attempt {task.attempt} of {task.max_attempts} failed; the next one may start"
        return Reason(text, until=task.run_after)
    return Reason("It waits for its time", until=task.run_after)


def line_reason(task: Task, workers: list[Worker], now: datetime) -> Reason:
    found = flow.flow(task.queue, now, task)
    ahead = found.ahead
    slots = sum(worker.slots for worker in workers if serves(worker, task.queue) and worker.state == RUNNING)
    if not ahead:
        return Reason(f"It is next in the queue {task.queue}, as soon as one of {slots} slots is free.")
    place = f"It is number {number(ahead + 1)} of {capped(found.waiting)} in the queue {task.queue}"
    if ahead > CAP:
        place = f"More than {number(CAP)} tasks are ahead of it in the queue {task.queue}"
    return Reason("; ".join([place, *pace(ahead, found, now)]) + ".")


def pace(ahead: int, found: flow.Flow, now: datetime) -> Iterator[str]:
    """Yield how long the oldest has waited, and when it is this one's turn, going by the last minutes."""
    if found.oldest:
        yield f"the oldest has waited {coarse(now - found.oldest)}"
    seconds = found.seconds_for(ahead) if ahead <= CAP else None
    if seconds is not None:
        yield f"about {coarse(seconds)} until its turn, at {found.going:.0f} a minute"
    elif found.going < found.coming:
        yield f"the queue grows: {found.coming:.0f} in, {found.going:.0f} out a minute"
