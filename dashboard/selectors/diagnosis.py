"""Why is this task not running? One sentence, from the first thing that holds it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.formats import CAP, capped, coarse, number
from dashboard.selectors import flow
from dashboard.selectors.serving import Service, queues_of, service, standstill, takes
from dashboard.states import waits
from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Task, Worker

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
        words = {"task": task.task, "setting": f"{conf.PREFIX}ALLOWED_TASKS"}
        text = _("%(task)s is not in the allowlist, so a worker will refuse it: see %(setting)s.")
        return Reason(text % words, hurts=True)
    workers = list(Worker.objects.at_work().only(*WORKER_COLUMNS))
    found = service(task.queue, workers, pauses)
    return (
        fleet_reason(found, workers) or pause_reason(found) or time_reason(task, now) or line_reason(task, found, now)
    )


def fleet_reason(found: Service, workers: list[Worker]) -> Reason | None:
    if not workers:
        return Reason(_("No worker is alive. Start one with: %s") % "python manage.py task_worker", hurts=True)
    if not found.workers:
        served = ", ".join(sorted({queue for worker in workers for queue in queues_of(worker)}))
        words = {"queue": found.queue, "count": len(workers), "served": served}
        return Reason(nobody_serves(len(workers)) % words, hurts=True)
    if why := standstill(found.workers):
        words = {"queue": found.queue, "why": why}
        return Reason(_("No worker takes tasks of the queue %(queue)s: %(why)s.") % words, hurts=True)
    return None


def nobody_serves(workers: int) -> str:
    return ngettext(
        "No worker serves the queue %(queue)s; the one worker serves only %(served)s.",
        "No worker serves the queue %(queue)s; the %(count)d workers serve only %(served)s.",
        workers,
    )


def pause_reason(found: Service) -> Reason | None:
    pause = found.pause
    if pause is None:
        return None
    everything = pause.queue == QueuePause.ALL
    what = _("Every queue is paused") if everything else _("The queue %(queue)s is paused") % {"queue": pause.queue}
    words = {"paused": what, "who": pause.paused_by, "why": pause.reason.rstrip(".")}
    said = {
        (True, True): _("%(paused)s by %(who)s: %(why)s."),
        (True, False): _("%(paused)s by %(who)s."),
        (False, True): _("%(paused)s: %(why)s."),
    }.get((bool(words["who"]), bool(words["why"])), "%(paused)s.")
    ends = [_("It may start")] if pause.until else []
    return Reason(" ".join([said % words, *ends]), hurts=True, until=pause.until)


def time_reason(task: Task, now: datetime) -> Reason | None:
    if not waits(task, now):
        return None
    if task.attempt:
        words = {"attempt": task.attempt, "most": task.max_attempts}
        text = _("Attempt %(attempt)s of %(most)s failed; the next one may start") % words
        return Reason(text, until=task.run_after)
    return Reason(_("It waits for its time"), until=task.run_after)


def line_reason(task: Task, serving: Service, now: datetime) -> Reason:
    found = flow.flow(task.queue, now, task)
    ahead = found.ahead
    slots = sum(worker.slots for worker in serving.workers if takes(worker, task.queue))
    if not ahead:
        words = {"queue": task.queue, "slots": slots}
        text = ngettext(
            "It is next in the queue %(queue)s, as soon as the one slot is free.",
            "It is next in the queue %(queue)s, as soon as one of %(slots)s slots is free.",
            slots,
        )
        return Reason(text % words)
    return Reason("; ".join([place(task.queue, ahead, found), *pace(ahead, found, now)]) + ".")


def place(queue: str, ahead: int, found: flow.Flow) -> str:
    words = {"queue": queue, "number": number(ahead + 1), "waiting": capped(found.waiting), "cap": number(CAP)}
    if ahead > CAP:
        return _("More than %(cap)s tasks are ahead of it in the queue %(queue)s") % words
    return _("It is number %(number)s of %(waiting)s in the queue %(queue)s") % words


def pace(ahead: int, found: flow.Flow, now: datetime) -> Iterator[str]:
    """Yield how long the oldest has waited, and when it is this one's turn, going by the last minutes."""
    if found.oldest:
        yield _("the oldest has waited %(age)s") % {"age": coarse(now - found.oldest)}
    seconds = found.seconds_for(ahead) if ahead <= CAP else None
    if seconds is not None:
        words = {"left": coarse(seconds), "going": f"{found.going:.0f}"}
        yield _("about %(left)s until its turn, at %(going)s a minute") % words
    elif found.going < found.coming:
        words = {"coming": f"{found.coming:.0f}", "going": f"{found.going:.0f}"}
        yield _("the queue grows: %(coming)s in, %(going)s out a minute") % words
