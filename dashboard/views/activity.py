"""Who did what: the list, and a page for each action, which can be watched, stopped and undone there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Max, Sum
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import actions
from dashboard.access import may, operator, require
from dashboard.htmx import live_page, page_path
from dashboard.selectors.action_page import action_page
from dashboard.selectors.activity import PERIOD_LABELS, Filter, activity_page
from dashboard.tags import age, tag_of
from dashboard.views.actions import ID_DIGITS, UNDO_PERMISSION, tell, undo_permission, whole_number
from django_simple_queue.models import OperatorAction, Worker
from django_simple_queue.models.audit import background

AGE_SECONDS, BUSY_SECONDS = 15, 2
NUMBERS = ("before", "after", "action")


@operator("view_operatoraction")
def activity(request: HttpRequest) -> HttpResponseBase:
    """Show who did what."""
    tag = tag_of(page_path(request), request.user.pk, *news())
    return live_page(request, "activity", lambda: context(request), tag)


def news() -> tuple[object, ...]:
    """Return what changes when the list of actions does; while workers go on with one, as often as it is polled."""
    latest = OperatorAction.objects.aggregate(Max("id"), Max("undone"), Max("finished"))
    busy = OperatorAction.objects.filter(state__in=OperatorAction.ACTIVE).aggregate(Count("id"), Sum("expected"))
    return latest, busy, age(lasts(bool(busy["id__count"])))


def lasts(busy: bool) -> int:
    return BUSY_SECONDS if busy else AGE_SECONDS


def context(request: HttpRequest) -> Mapping[str, Any]:
    now = timezone.now()
    chosen = Filter(
        request.GET.get("who", "")[:150],
        request.GET.get("verb", "")[:32],
        number(request, "action"),
        request.GET.get("time", "")[:10],
        request.GET.get("q", "").strip()[:200],
    )
    broken = [name for name in NUMBERS if request.GET.get(name) and number(request, name) is None]
    return {
        "page": activity_page(chosen, number(request, "before"), number(request, "after"), now),
        "chosen": chosen,
        "periods": PERIOD_LABELS,
        "busy": OperatorAction.ACTIVE,
        "broken": broken,
        "unknown_time": chosen.time if chosen.time not in ("", *PERIOD_LABELS) else "",
        "now": now,
        "today": timezone.localdate(now),
        "may_undo": [verb for verb, permission in UNDO_PERMISSION.items() if may(request, permission)],
    }


@operator("view_operatoraction")
def action(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one action, live while workers go on with it."""
    row = find(pk)
    busy = row.state in OperatorAction.ACTIVE
    seen = (row.state, row.outcomes, row.undone, row.undo_outcomes, row.undone_by, Worker.objects.at_work().exists())
    tag = tag_of(page_path(request), request.user.pk, *seen, age(lasts(busy)))
    return live_page(request, "action", lambda: about(request, row), tag)


def about(request: HttpRequest, row: OperatorAction) -> Mapping[str, Any]:
    chosen, after = request.GET.get("outcome", "")[:200], number(request, "after") or 0
    may_change = may(request, undo_permission(row.verb))
    return {"page": action_page(row, chosen, after, timezone.now()), "may_change": may_change}


@operator(methods=("POST",))
def action_abort(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let workers go no further with an action."""
    row = find(pk)
    for permission in (undo_permission(row.verb), *sorted(actions.own_permissions(row))):
        require(request, permission)
    if background.abort(row, request.user):
        return tell(request, _("Stopped. What is done stays done; Undo takes it back."), done=True)
    return tell(request, _("It has ended already. Nothing done."))


def find(pk: int) -> OperatorAction:
    row = OperatorAction.objects.filter(pk=pk).first()
    if row is None:
        raise Http404(_("No action has the number %d. It may have been removed since this page was loaded.") % pk)
    return row


def number(request: HttpRequest, name: str) -> int | None:
    """Return the id in a parameter; None when there is none or it cannot be one."""
    return whole_number(request.GET.get(name), ID_DIGITS)
