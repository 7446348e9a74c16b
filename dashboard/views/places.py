"""The pages of what many tasks share: their name, and their queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.access import may, operator
from dashboard.htmx import live_page, page_path
from dashboard.pauses import paused
from dashboard.selectors.named import named_task
from dashboard.selectors.queue_page import queue_page
from dashboard.selectors.snapshot import last_action
from dashboard.selectors.trend import WINDOWS
from dashboard.tags import age, tag_of
from django_simple_queue import conf

DEFAULT_WINDOW = "24h"
SECONDS_A_PICTURE_LASTS = 4


@operator()
def named(request: HttpRequest, path: str) -> HttpResponseBase:
    """Show what is known of all tasks with one path."""
    return live_page(request, "named", lambda: about_task(request, path), tag(request))


def about_task(request: HttpRequest, path: str) -> Mapping[str, Any]:
    now = timezone.now()
    found = named_task(path, window_of(request), now)
    if found is None:
        raise Http404(_("No task of the path %s is known, and it is not in the allowlist.") % repr(path[:255]))
    own = conf.get_task_options(path).permission
    may_enqueue = found.call is not None and may(request, "add_task") and may(request, own)
    return {"page": found, "now": now, "may_enqueue": may_enqueue, "windows": WINDOWS}


def window_of(request: HttpRequest) -> str:
    asked = request.GET.get("window", "")
    return asked if asked in WINDOWS else DEFAULT_WINDOW


@operator()
def queue(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show what waits in one queue, and who serves it."""
    return live_page(request, "queue", lambda: about_queue(request, name), tag(request))


def about_queue(request: HttpRequest, name: str) -> Mapping[str, Any]:
    found = queue_page(name, paused(request), timezone.now())
    if found is None:
        raise Http404(_("No task, worker or pause speaks of a queue %s.") % repr(name[:64]))
    return {"page": found, "may_change": may(request, "change_worker")}


def tag(request: HttpRequest) -> str:
    """Return a name of what the page shows for some seconds, or until an operator does something."""
    return tag_of(page_path(request), request.user.pk, last_action(), age(SECONDS_A_PICTURE_LASTS))
