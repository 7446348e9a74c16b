"""What to expect of a call before it is enqueued: who serves its queue, how it usually goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.formats import duration
from dashboard.selectors.diagnosis import serves
from django_simple_queue.models import QueuePause, Task, Worker

EXAMINED = 60
ENDED = (Task.COMPLETED, Task.FAILED)


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence; ``tone`` is "", "warn" or "failed"."""

    text: str
    tone: str = ""


def outlook(path: str, queue: str) -> Sequence[Check]:
    return [served(queue), *usual(path)]


def served(queue: str) -> Check:
    if QueuePause.objects.current().filter(queue__in=(queue, QueuePause.ALL)).exists():
        return Check(_("Queue %s is paused: it waits until the pause is lifted.") % queue, "warn")
    count = sum(serves(worker, queue) for worker in Worker.objects.live().filter(state=Worker.State.RUNNING))
    if not count:
        return Check(_("No worker serves queue %s: it waits until one does.") % queue, "warn")
    return Check(
        ngettext("Queue %(queue)s: %(count)d worker", "Queue %(queue)s: %(count)d workers", count)
        % {
            "queue": queue,
            "count": count,
        }
    )


def usual(path: str) -> Sequence[Check]:
    columns = ("status", "started", "finished")
    rows = Task.objects.filter(task=path).order_by("-created", "-id").values_list(*columns)[:EXAMINED]
    ended = [(status, end - start) for status, start, end in rows if status in ENDED and start and end]
    took = sorted(each for status, each in ended if status == Task.COMPLETED)
    checks = [Check(run_words(took))] if len(took) > 1 else []
    failed = len(ended) - len(took)
    if failed:
        said = {"failed": failed, "count": len(ended)}
        words = ngettext("The last run failed", "%(failed)d of the last %(count)d runs failed", len(ended)) % said
        checks.append(Check(words, "warn"))
    return checks


def run_words(took: Sequence[timedelta]) -> str:
    cuts = quantiles([each.total_seconds() for each in took], n=20, method="inclusive")
    usual, slow = (duration(timedelta(seconds=max(seconds, 0))) for seconds in (cuts[9], cuts[18]))
    return _("Usually runs %(usual)s (p95 %(slow)s)") % {"usual": usual, "slow": slow}
