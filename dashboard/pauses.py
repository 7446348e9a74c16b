"""The queues that are paused now, read once for each request: every page shows them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dashboard.tags import tag_of
from django_simple_queue.models import QueuePause


def paused(request: HttpRequest) -> list[QueuePause]:
    kept: dict[str, Any] = request.__dict__
    if "paused_queues" not in kept:
        kept["paused_queues"] = list(QueuePause.objects.current().order_by("queue"))
    found: list[QueuePause] = kept["paused_queues"]
    return found


def with_pauses(tag: str, request: HttpRequest) -> str:
    """Return the tag of a live region with what is paused: a pause that begins, changes or ends by itself is news."""
    found = [(pause.queue, pause.version) for pause in paused(request)]
    return tag_of(tag, found) if found else tag
