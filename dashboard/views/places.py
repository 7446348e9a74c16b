"""The pages of what many tasks share: their name, and their queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.access import may, operator
from dashboard.deadline import deadline
from dashboard.htmx import page_path, render
from dashboard.pauses import paused
from dashboard.selectors.named import NamedTask, named_task
from dashboard.selectors.queue_page import queue_page
from dashboard.selectors.snapshot import last_action
from dashboard.selectors.trend import WINDOWS
from dashboard.tags import tag_of
from django_simple_queue import conf
from django_simple_queue.models import QueuePause

DEFAULT_WINDOW = "24h"
SECONDS_A_PICTURE_LASTS = 4


@operator()
def named(request: HttpRequest, path: str) -> HttpResponseBase:
    """Show what is known of all tasks with one path."""
    with deadline():
        found = named_task(path, window_of(request), timezone.now())
    if found is None:
        raise Http404(_("No task of the path %s is known, and it is not in the allowlist.") % repr(path[:255]))
    return render(request, "named", about(request, found), live=False)


def window_of(request: HttpRequest) -> str:
    asked = request.GET.get("window", "")
    return asked if asked in WINDOWS else DEFAULT_WINDOW


def about(request: HttpRequest, found: NamedTask) -> dict[str, Any]:
    own = conf.get_task_options(found.path).permission
    may_enqueue = found.call is not None and may(request, "add_task") and may(request, own)
    return {"page": found, "now": timezone.now(), "may_enqueue": may_enqueue, "windows": WINDOWS}


@operator()
def queue(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show what waits in one queue, and who serves it."""
    now = timezone.now()
    tag = tag_of(page_path(request), request.user.pk, last_action(), int(now.timestamp()) // SECONDS_A_PICTURE_LASTS)
    with deadline():
        return render(
            request,
            "queue",
            lambda: {"page": picture(name, paused(request), now), "may_change": may(request, "change_worker")},
            tag=tag,
        )


def picture(name: str, pauses: list[QueuePause], now: datetime) -> Any:
    found = queue_page(name, pauses, now)
    if found is None:
        raise Http404(_("No task, worker or pause speaks of a queue %s.") % repr(name[:64]))
    return found
