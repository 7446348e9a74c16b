"""Why a run ended that could not say so itself, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from dashboard.formats import coarse
from django_simple_queue import conf
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.redaction import visible

Outcome = Attempt.Outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """``doubtful``: nobody knows whether the run took effect. ``at`` is when its worker was found lost."""

    text: str
    doubtful: bool = False
    at: datetime | None = None


def ending(task: Task, attempts: Sequence[Attempt], worker: Worker | None) -> Ending | None:
    """Return the explanation of the latest run's end; None for one that told its own error."""
    last = attempts[-1] if attempts else None
    explain = EXPLAINED.get(last.outcome) if last and last.epoch == task.epoch else None
    return explain(task, worker) if explain and task.status in (Task.FAILED, Task.QUEUED) else None


def timed_out(task: Task, worker: Worker | None) -> Ending:
    limit = conf.get_task_timeout() if task.timeout is None else task.timeout
    words = coarse(limit) if limit else _("it had then")
    return Ending(
        _("It ran longer than the limit of %s, so its process was ended. What it had done until then stays done.")
        % words,
        doubtful=True,
    )


def crashed(task: Task, worker: Worker | None) -> Ending:
    return Ending(
        _(
            "Its process ended without a word: killed by the system (for its memory, say), by a crash in C code, or by "
            "a call that ends the process. What it had done until then stays done."
        ),
        doubtful=True,
    )


def interrupted(task: Task, worker: Worker | None) -> Ending:
    return Ending(
        _("Its worker was told to stop and waited %(grace)s for it (%(setting)s), then ended it.")
        % {"grace": coarse(conf.get_shutdown_grace()), "setting": f"{conf.PREFIX}SHUTDOWN_GRACE"},
        doubtful=True,
    )


def lost(task: Task, worker: Worker | None) -> Ending:
    unknown = _("Nobody knows how far it came: it may have taken effect.")
    if worker is None or worker.ended is None:
        return Ending(_("The worker that ran it is gone.") + f" {unknown}", doubtful=True)
    finder = Worker.objects.filter(pk=worker.lost_by).only("host", "pid").first() if worker.lost_by else None
    names = {"worker": visible(str(worker)), "finder": visible(str(finder)) if finder else _("another worker")}
    told = _("Its worker %(worker)s stopped renewing its lease; %(finder)s found that and settled the task.") % names
    return Ending(f"{told} {unknown}", doubtful=True, at=worker.ended)


EXPLAINED: dict[str, Callable[[Task, Worker | None], Ending]] = {
    Outcome.TIMED_OUT: timed_out,
    Outcome.CRASHED: crashed,
    Outcome.INTERRUPTED: interrupted,
    Outcome.LOST: lost,
}
