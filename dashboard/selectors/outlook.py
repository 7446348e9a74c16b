"""What to expect of a call before it is enqueued: who serves its queue, how it usually goes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.deadline import TookTooLong, deadline
from dashboard.formats import duration
from dashboard.selectors.runs import percentile, seconds
from dashboard.selectors.serving import service, standstill
from django_simple_queue.models import QueuePause, Task, Worker

EXAMINED, SECONDS = 60, 0.5
ENDED = (Task.COMPLETED, Task.FAILED)


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence; ``tone`` is "", "warn", "failed", or "queued" for what is still to come."""

    text: str
    tone: str = ""


def outlook(path: str, queue: str) -> Sequence[Check]:
    return [served(queue), *usual(path)]


def served(queue: str) -> Check:
    found = service(queue, Worker.objects.at_work(), list(QueuePause.objects.current()))
    if found.pause:
        return Check(_("Queue %s is paused: it waits until the pause is lifted.") % queue, "warn")
    if not found.workers:
        return Check(_("No worker serves queue %s: it waits until one does.") % queue, "warn")
    if why := standstill(found.workers):
        words = {"queue": queue, "why": why}
        return Check(_("No worker takes tasks of queue %(queue)s: %(why)s. It waits until one does.") % words, "warn")
    said = ngettext("Queue %(queue)s: %(count)d worker", "Queue %(queue)s: %(count)d workers", found.taking)
    return Check(said % {"queue": queue, "count": found.taking})


def usual(path: str) -> Sequence[Check]:
    ended = [(status, seconds(start, end)) for status, start, end in latest(path) if status in ENDED and start and end]
    took = sorted(each for status, each in ended if status == Task.COMPLETED and each is not None)
    checks = [Check(run_words(took))] if len(took) > 1 else []
    failed = len(ended) - len(took)
    if failed:
        said = {"failed": failed, "count": len(ended)}
        words = ngettext("The last run failed", "%(failed)d of the last %(count)d runs failed", len(ended)) % said
        checks.append(Check(words, "warn"))
    return checks


def latest(path: str) -> list[Any]:
    """Return how and when the latest runs went; none when that takes long."""
    columns = ("status", "started", "finished")
    rows = Task.objects.filter(task=path).order_by("-created", "-id").values_list(*columns)[:EXAMINED]
    with suppress(TookTooLong), deadline(SECONDS):
        return list(rows)
    return []


def run_words(took: Sequence[float]) -> str:
    usual, slow = (duration(percentile(took, share)) for share in (0.5, 0.95))
    return _("Usually runs %(usual)s (p95 %(slow)s)") % {"usual": usual, "slow": slow}
