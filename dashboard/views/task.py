"""The page of one task, and its texts as plain files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.access import may, operator
from dashboard.htmx import live_page, page_path
from dashboard.links import host_links
from dashboard.pauses import paused
from dashboard.selectors.offers import offers
from dashboard.selectors.task_page import actions_on, read_task, task_page
from dashboard.selectors.texts import whole_text
from dashboard.selectors.windows import TEXTS
from dashboard.tags import age, tag_of
from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit.terms import Terms

PERMISSIONS = ("view_task_payload", "requeue_task", "cancel_task", "add_task", "view_operatoraction")
AGES = {Task.QUEUED: 5, Task.PROGRESS: 2}
AGE_OF_ENDED, AGE_OF_JUST_ENDED, JUST = 60, 5, timedelta(minutes=1)
Items = Sequence[OperatorActionItem]


@operator()
def task(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Show one task; unknown ids are a 404 in words."""
    with_payload = may(request, "view_task_payload")
    found = read_task(pk, with_payload=with_payload, wider=request.GET.get("more", ""))
    if found is None:
        raise Http404(_("There is no task %s. It may have been deleted with other old tasks.") % pk)
    items = actions_on(found)
    tag = name_of(request, found, items)
    return live_page(request, "task", lambda: context(request, found, items, with_payload), tag)


def context(request: HttpRequest, found: Task, items: Items, with_payload: bool) -> Mapping[str, Any]:
    wider = request.GET.get("more", "")
    page = task_page(found, items, paused(request), timezone.now(), with_payload=with_payload, wider=wider)
    history = items if may(request, "view_operatoraction") else ()
    held = {name for name in PERMISSIONS if may(request, name)}
    links = host_links(found)
    return {
        "page": page,
        "history": history,
        "by": by_whom(request, page.undoable),
        "wider": wider,
        "links": links,
        "may_requeue": "requeue_task" in held,
        **offers(page, held, Terms.held_by(request.user)),
    }


def by_whom(request: HttpRequest, action: OperatorAction | None) -> str:
    """Return who did it, "" for those who may not know; what they did themselves they know."""
    if action and action.actor_id == str(request.user.pk):
        return _("you")
    return (action.actor or _("somebody")) if action and may(request, "view_operatoraction") else ""


def name_of(request: HttpRequest, found: Task, items: Items) -> str:
    """Return a name of what the page shows: the same name means that a poll would change nothing."""
    lengths = [getattr(found, f"{name}_length", None) for name in TEXTS]
    held = [may(request, name) for name in PERMISSIONS]
    progress = (found.progress, found.progress_message, lengths)
    acted = [(item.action_id, item.taken_back) for item in items[:1]]
    changes = age(AGES.get(found.status) or age_of_ended(found))
    return tag_of(page_path(request), request.user.pk, held, acted, changes, found.modified, *progress)


def age_of_ended(found: Task) -> int:
    """Return for how many seconds the ages on the page of an ended task are true: at first they are told in seconds."""
    just = found.finished and timezone.now() - found.finished < JUST
    return AGE_OF_JUST_ENDED if just else AGE_OF_ENDED


@operator("view_task_payload")
def task_text(request: HttpRequest, pk: UUID, name: str) -> HttpResponseBase:
    """Send the whole arguments, output, error or log of a task as a file of plain text, redacted."""
    text = whole_text(pk, name)
    if text is None:
        raise Http404(_("There is no %(name)s of a task %(pk)s.") % {"name": name[:20], "pk": pk})
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{pk}.txt"'
    return response
