"""The enqueue form: choosing a task, typing its arguments, looking at what will be passed, enqueueing it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from dashboard import enqueue_page, origin
from dashboard.access import operator, require
from dashboard.drafts import SWITCHES
from dashboard.forms import NEVER_REPEATED, EnqueueForm
from dashboard.htmx import page, with_query
from dashboard.signature import Call, describe
from django_simple_queue import conf
from django_simple_queue.models import Task
from django_simple_queue.models.audit.terms import is_never_repeated


@operator("add_task", methods=("GET", "HEAD", "POST"), typed=True)
def enqueue(request: HttpRequest) -> HttpResponseBase:
    """Show the allowlisted tasks and a form for the chosen one; enqueue what the form says."""
    source = origin.edited_task(request)
    call = chosen_call(request, source.task if source else request.GET.get("task", ""))
    if call is None or call.error:
        return show(request, call, status=422 if call and request.method == "POST" else 200)
    if request.method != "POST":
        return begin(request, call, source)
    form = origin.posted_form(request, call, source)
    step = request.POST.get("do", "")
    return work_on(request, call, form, step) if step else submit(request, call, form)


def begin(request: HttpRequest, call: Call, source: Task | None) -> HttpResponseBase:
    """Show the form as it starts; a link that carries what it must not leads to the address without that."""
    if source and is_never_repeated(source):
        messages.warning(request, NEVER_REPEATED)
        return redirect("simple_queue_dashboard:task", source.pk)
    start = origin.beginning(request, call, source)
    if start.note and "args" in request.GET:
        messages.warning(request, start.note)
        return redirect(with_query(request, args=json.dumps(start.values) if start.values else None))
    return show(request, call, origin.first_form(request, call, source, start))


def chosen_call(request: HttpRequest, path: str) -> Call | None:
    """Return the task that the address names; PermissionDenied or Http404 for one that is not to be had."""
    if not path:
        return None
    if path not in (conf.get_allowed_tasks() or ()):
        raise Http404(_("%s is not in the allowlist, so it cannot be enqueued here.") % path[:200])
    require(request, conf.get_task_options(path).permission)
    return describe(path)


def show(
    request: HttpRequest, call: Call | None, form: EnqueueForm | None = None, status: int = 200, **more: Any
) -> HttpResponseBase:
    context = enqueue_page.context(request, call, form, told=status == 422) | more
    return page(request, "enqueue", context, status)


def work_on(request: HttpRequest, call: Call, form: EnqueueForm, step: str) -> HttpResponseBase:
    """Answer a button that enqueues nothing: a row more or less, the other way of typing, the preview."""
    if step in SWITCHES:
        form.draft = form.draft.switched(step)
        return show(request, call, form, 422 if form.draft.problems else 200, switching=True)
    form.draft.do(step)
    return show(request, call, form)


def submit(request: HttpRequest, call: Call, form: EnqueueForm) -> HttpResponseBase:
    if not form.is_valid():
        return show(request, call, form, 422)
    if enqueue_page.asks_first(form) and request.POST.get("reviewed") != enqueue_page.seal(form):
        return show(request, call, form, review=enqueue_page.review(request, form))
    try:
        task_id, is_new = form.save(request.user)
    except (TypeError, ValueError) as error:
        form.draft.refuse(str(error))
        return show(request, call, form, 422)
    said = _("Enqueued %(task)s %(id)s.") if is_new else _("This form was sent before; it made %(task)s %(id)s.")
    messages.success(request, said % {"task": call.name, "id": str(task_id)[-8:]})
    return redirect("simple_queue_dashboard:task", task_id)
