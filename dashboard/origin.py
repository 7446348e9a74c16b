"""Where the enqueue form comes from: a stored task, a recent call, a link, or what was posted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.access import require
from dashboard.clocks import spelled
from dashboard.deadline import deadline
from dashboard.drafts import FORM, JSON, Draft
from dashboard.forms import OPTIONS, EnqueueForm, new_token
from dashboard.keeping import Kept
from dashboard.selectors.presets import Start, of_link, of_task
from dashboard.signature import Call
from django_simple_queue.models import Task


def edited_task(request: HttpRequest) -> Task | None:
    """Return the task that ?from= names, whose arguments need the permission for payload."""
    return stored_task(request, request.GET.get("from", ""))


def stored_task(request: HttpRequest, pk: str, **conditions: str) -> Task | None:
    if not pk:
        return None
    require(request, "view_task_payload")
    try:
        with deadline():
            task = Task.objects.filter(pk=UUID(pk), **conditions).first()
    except ValueError:
        task = None
    if task is None:
        raise Http404(_("There is no task %s here.") % pk[:40])
    return task


def first_form(request: HttpRequest, call: Call, source: Task | None, start: Start) -> EnqueueForm:
    mode = JSON if request.GET.get("mode") == JSON else FORM
    draft = Draft.of(call, start.values, mode, start.kept)
    if mode == JSON and not start.values:
        draft.raw["args"] = call.example
    draft.note = start.note
    return EnqueueForm(draft, initial={"token": new_token(), **options_of(source)}, source=source)


def beginning(request: HttpRequest, call: Call, source: Task | None) -> Start:
    if source:
        return from_task(call, source, keep=True)
    preset = stored_task(request, request.GET.get("preset", ""), task=call.path)
    if preset:
        return from_task(call, preset, keep=False)
    return of_link(call, request.GET["args"]) if request.GET.get("args") else Start({})


def from_task(call: Call, task: Task, keep: bool) -> Start:
    try:
        return of_task(call, task, keep)
    except ValueError as error:
        return Start({}, note=_("The arguments of this task cannot be edited. %s") % error)


def options_of(source: Task | None) -> dict[str, Any]:
    """Return the options of the edited task as its form shows them; it starts now unless it still waits."""
    if source is None:
        return {}
    found = {name: getattr(source, name) for name in OPTIONS if name != "run_after"}
    waits = source.status == Task.QUEUED and source.run_after > timezone.now()
    return {**found, "run_after": spelled(source.run_after) if waits else None}


def posted_form(request: HttpRequest, call: Call, source: Task | None) -> EnqueueForm:
    kept = kept_of(call, source) if source else None
    return EnqueueForm(Draft.posted(call, request.POST.dict(), kept), request.POST, source=source)


def kept_of(call: Call, source: Task) -> Kept | None:
    return from_task(call, source, keep=True).kept
