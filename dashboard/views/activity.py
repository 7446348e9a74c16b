from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.access import may, operator
from dashboard.htmx import page_path, render
from dashboard.selectors.activity import Filter, activity_page
from dashboard.tags import tag_of
from django_simple_queue.models import OperatorAction

AGE_SECONDS = 15


@operator("view_operatoraction")
def activity(request: HttpRequest) -> HttpResponseBase:
    """Show who did what."""
    now = timezone.now()
    latest = OperatorAction.objects.aggregate(Max("id"), Max("undone"))
    tag = tag_of(page_path(request), request.user.pk, latest, int(now.timestamp()) // AGE_SECONDS)
    return render(request, "activity", lambda: context(request), tag=tag)


def context(request: HttpRequest) -> Mapping[str, Any]:
    now = timezone.now()
    chosen = Filter(request.GET.get("who", "")[:150], request.GET.get("verb", "")[:32], number(request, "action"))
    before, after = number(request, "before"), number(request, "after")
    broken = [name for name in ("before", "after", "action") if request.GET.get(name) and number(request, name) is None]
    page = activity_page(chosen, before, after, now)
    may_undo = may(request, "requeue_task") or may(request, "cancel_task")
    today = timezone.localdate(now)
    return {"page": page, "chosen": chosen, "broken": broken, "now": now, "today": today, "may_undo": may_undo}


def number(request: HttpRequest, name: str) -> int | None:
    """Return the id in a parameter; None when there is none or it cannot be one."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
