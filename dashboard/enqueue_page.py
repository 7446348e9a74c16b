"""What the enqueue page shows around its form: the picker, the options' defaults, the preview, the question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import enqueue_options, shell, wording
from dashboard.access import may
from dashboard.drafts import SWITCHES
from dashboard.fields import pretty
from dashboard.fields.members import REQUIRED
from dashboard.formats import coarse
from dashboard.forms import OPTIONS, EnqueueForm
from dashboard.selectors.call import call_text
from dashboard.selectors.catalogue import catalogue
from dashboard.selectors.outlook import Check, outlook
from dashboard.selectors.presets import Recent, recent
from dashboard.selectors.serving import known_queues
from dashboard.signature import Call
from django_simple_queue import conf
from django_simple_queue.models import Worker
from django_simple_queue.models.audit.terms import doubtful_to_repeat, without_answer
from django_simple_queue.redaction import redact_args

MOST_SEARCHED = 100
MOST_SUGGESTED = 50
MOST_NAMED = 5


def context(request: HttpRequest, call: Call | None, form: EnqueueForm | None, told: bool) -> dict[str, Any]:
    """Return what the page shows; ``told``: with what is wrong in the form."""
    search = request.GET.get("q", "")[:MOST_SEARCHED]
    offered = catalogue(search, lambda permission: may(request, permission))
    found = {"search": search, "catalogue": offered, "call": call}
    return {**found, **form_context(request, call, form, told)} if call and form else found


def form_context(request: HttpRequest, call: Call, form: EnqueueForm, told: bool) -> dict[str, Any]:
    calls = recent(call) if may(request, "view_task_payload") else Recent(call.path)
    preview = preview_of(form, calls)
    if not told and (not form.is_bound or request.POST.get("do") in SWITCHES):
        form.draft.problems.clear()
    return {
        "form": form,
        "address": address(call, form),
        "draft": form.draft,
        **enqueue_options.options_context(form),
        "zone": timezone.get_current_timezone_name(),
        "presets": calls.presets,
        "preview": preview,
        "queues": sorted(known_queues(Worker.objects.at_work()))[:MOST_SUGGESTED],
        "told": told,
    }


def address(call: Call, form: EnqueueForm) -> str:
    """Return the address that the form is sent to: of its task, without what filled it."""
    query = {"from": form.source.pk} if form.source else {"task": call.path}
    return f"?{urlencode(query)}"


def preview_of(form: EnqueueForm, calls: Recent) -> Mapping[str, Any]:
    """Return the call that the form stands for, its secrets masked, and what to expect of it."""
    draft = form.draft
    known = dict(draft.problems)
    wrong_options = enqueue_options.wrong(form)
    typed = draft.typed()
    draft.args()
    wrong, named = len(draft.problems) + len(wrong_options), [*what_is_wrong(form, wrong_options)]
    draft.problems = known | draft.problems
    queue = str(form["queue"].value() or conf.get_task_options(draft.call.path).queue).replace("\x00", "")
    checks = [Check(_("On the allowlist, and it imports"))]
    if wrong:
        tone = "failed" if any(check.tone == "failed" for check in named) else "queued"
        incomplete = Check(_("Not complete yet: %d to fill in or to correct") % wrong, tone)
        return {"checks": [*checks, incomplete, *named[:MOST_NAMED]]}
    checks = [*checks, Check(_("Arguments fit the signature")), *enqueue_options.past(form)]
    return {"code": code(form, typed), "checks": [*checks, *outlook(draft.call.path, queue), *same_call(calls, typed)]}


def what_is_wrong(form: EnqueueForm, options: Sequence[str]) -> Iterator[Check]:
    """Yield each field of the form that is to be filled in or to be corrected, with what it asks for."""
    for _id, label, problem in form.draft.errors:
        yield Check(f"{label}: {problem}" if label else problem, "queued" if problem == _(REQUIRED) else "failed")
    for name in options:
        yield Check(f"{form[name].label}: {form[name].errors[0]}", "failed")


def same_call(calls: Recent, typed: Mapping[str, Any]) -> Sequence[Check]:
    before = calls.same_call(typed)
    if before is None:
        return []
    return [Check(_("The same call was enqueued %s ago") % coarse(timezone.now() - before), "warn")]


def code(form: EnqueueForm, typed: Mapping[str, Any]) -> str:
    """Return the call as Python."""
    path = form.draft.call.path
    shown = redact_args(path, json.dumps(typed))
    return call_text(path, shown if isinstance(shown, Mapping) else {}, dict(enqueue_options.chosen(form)))


def asks_first(form: EnqueueForm) -> bool:
    """Tell whether a second look is due: in production, for what is not declared safe to repeat, and for a task that
    was edited and may do harm when it runs once more."""
    unsafe = shell.is_live() and conf.get_task_options(form.draft.call.path).rerun != "safe"
    return unsafe or bool(doubt(form))


def doubt(form: EnqueueForm) -> str:
    """Say what may come of running the edited task once more, "" when nothing is known against it."""
    rows = [form.source] if form.source else []
    return wording.why_asked(answered=not without_answer(rows)) if doubtful_to_repeat(rows) else ""


def seal(form: EnqueueForm) -> str:
    """Return what an answer to the second look carries: it is for what was typed, and for the run it was about."""
    return f"{form.digest()}_{form.source.epoch if form.source else ''}"


def review(request: HttpRequest, form: EnqueueForm) -> Mapping[str, Any]:
    """Return what the review shows, and what it sends again."""
    shown = redact_args(form.draft.call.path, json.dumps(form.draft.typed()))
    sent = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "reviewed")]
    return {
        "args": pretty(shown) if shown else "",
        "sent": sent,
        "seal": seal(form),
        "environment": conf.get_environment() if shell.is_live() else "",
        "doubt": doubt(form),
        "chosen": [
            (form[name].label, enqueue_options.said(form.cleaned_data[name]))
            for name in OPTIONS
            if form.cleaned_data[name] not in (None, "")
        ],
    }
