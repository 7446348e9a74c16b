"""The enqueue form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from dashboard.access import may, operator, require
from dashboard.forms import EnqueueForm, new_token
from dashboard.htmx import render
from dashboard.selectors.catalogue import catalogue
from dashboard.signature import Call, describe
from django_simple_queue import conf

MOST_SEARCHED = 100
OPTIONS = ("queue", "priority", "run_after", "max_attempts", "timeout")


@operator("add_task", methods=("GET", "HEAD", "POST"))
def enqueue(request: HttpRequest) -> HttpResponseBase:
    """Show the allowlisted tasks and a form for the chosen one; enqueue what the form says."""
    call = chosen_call(request)
    if call is None:
        return page(request, None, None)
    sent = request.POST if request.method == "POST" else None
    form = EnqueueForm(call, sent, initial={"args": call.example, "token": new_token()})
    if sent is None or call.error or not form.is_valid():
        return page(request, call, form)
    return submit(request, call, form)


def chosen_call(request: HttpRequest) -> Call | None:
    """Return the task that the address names; PermissionDenied or Http404 for one that is not to be had."""
    path = request.GET.get("task", "")
    if not path:
        return None
    if path not in (conf.get_allowed_tasks() or ()):
        raise Http404(f"{path[:200]} is not in the allowlist, so it cannot be enqueued here.")
    require(request, conf.get_task_options(path).permission)
    return describe(path)


def page(request: HttpRequest, call: Call | None, form: EnqueueForm | None) -> HttpResponseBase:
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "enqueue", context(request, call, form), live=False, status=status)


def context(request: HttpRequest, call: Call | None, form: EnqueueForm | None) -> Mapping[str, Any]:
    search = request.GET.get("q", "")[:MOST_SEARCHED]
    offered = catalogue(search, lambda permission: may(request, permission))
    found = {"search": search, "catalogue": offered, "call": call, "form": form}
    return {**found, **form_context(call, form)} if call and form else found


def form_context(call: Call, form: EnqueueForm) -> Mapping[str, Any]:
    options = conf.get_task_options(call.path)
    text = form["args"].value() or ""
    return {
        "options": options,
        "rows": min(max(text.count("\n") + 2, 8), 30),
        "options_open": any(form[name].errors or form[name].value() not in (None, "") for name in OPTIONS),
        "default_attempts": options.max_attempts or conf.get_max_attempts(),
        "default_limit": conf.get_task_timeout() if options.timeout is None else options.timeout or None,
        "run_after_help": f"{timezone.get_current_timezone_name()}. Empty: now.",
    }


def submit(request: HttpRequest, call: Call, form: EnqueueForm) -> HttpResponseBase:
    try:
        task_id, is_new = form.save(request.user)
    except (TypeError, ValueError) as error:
        form.add_error("args", ValidationError(str(error)))
        return page(request, call, form)
    said = "Enqueued" if is_new else "This form was sent before; here is the task that it made:"
    messages.success(request, f"{said} {call.name} {str(task_id)[-8:]}.")
    return redirect("simple_queue_dashboard:task", task_id)
