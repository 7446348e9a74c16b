"""The queues that are paused now, read once for each request: every page shows them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.statements import spelled
from dashboard.tags import tag_of
from django_simple_queue.models import QueuePause
from django_simple_queue.models.primary import alias

MAY_RESUME = "django_simple_queue.change_worker"


def paused(request: HttpRequest) -> list[QueuePause]:
    kept: dict[str, Any] = request.__dict__
    if "paused_queues" not in kept:
        kept["paused_queues"] = list(QueuePause.objects.raw(*spelled(by_queue, alias())))
    found: list[QueuePause] = kept["paused_queues"]
    return found


def by_queue() -> QuerySet[QueuePause]:
    return QueuePause.objects.current().order_by("queue")


def with_pauses(tag: str, request: HttpRequest) -> str:
    """Return the tag of a live region with what is paused: a pause that begins, changes or ends by itself is news.

    Beside each stands a button for who may resume it.
    """
    found = [(pause.queue, pause.version) for pause in paused(request)]
    return tag_of(tag, found, request.user.has_perm(MAY_RESUME)) if found else tag
