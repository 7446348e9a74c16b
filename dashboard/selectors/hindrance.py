"""What keeps every task of a queue from starting, in a few words, from what is known without looking for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.selectors import snapshot
from dashboard.selectors.serving import pause_of
from django_simple_queue.models import QueuePause
from django_simple_queue.redaction import visible

FRESH = timedelta(seconds=10)


def hindrance(queue: str, pauses: Sequence[QueuePause]) -> str:
    """Return how a sentence goes on after "but"; "" when nothing is known to hold up the tasks of ``queue``.

    ``pauses`` are those that hold now.
    """
    pause = pause_of(queue, pauses)
    if pause and pause.queue == QueuePause.ALL:
        return _("every queue is paused")
    if pause:
        return _("the queue %s is paused") % visible(queue)
    picture = snapshot.memory.latest
    if picture and picture.complete and not picture.fleet.live and timezone.now() - picture.taken < FRESH:
        return _("no worker is running")
    return ""
