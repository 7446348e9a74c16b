"""The fleet, and what may be asked of it: a question with its form first, then the verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import controls
from dashboard.access import may, operator, safe_next
from dashboard.controls import Control
from dashboard.htmx import go_to, live_page, page_path, render_dialog
from dashboard.pauses import paused
from dashboard.selectors.queues import fleet
from dashboard.selectors.serving import known_queues
from dashboard.selectors.workers import latest_news
from dashboard.tags import age, tag_of
from dashboard.wording import paused_already
from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Worker
from django_simple_queue.models.control import NotPossible, PausedAlready, queue_words

AGE_SECONDS = 5
PAGE = "simple_queue_dashboard:workers"


@operator(limited=False)
def workers(request: HttpRequest) -> HttpResponseBase:
    """Show the fleet."""
    may_change = may(request, "change_worker")
    tag = tag_of(page_path(request), request.user.pk, may_change, latest_news(), age(AGE_SECONDS))
    return live_page(request, "workers", lambda: context(request, may_change), tag)


def context(request: HttpRequest, may_change: bool) -> Mapping[str, Any]:
    now = timezone.now()
    shown, queues = fleet(paused(request), now)
    return {"fleet": shown, "queues": queues, "now": now, "may_change": may_change}


@operator("change_worker", methods=("GET", "HEAD", "POST"))
def worker_pause(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    return ask(request, controls.pausing_worker(read(pk)), controls.ReasonForm)


@operator("change_worker", methods=("GET", "HEAD", "POST"))
def worker_drain(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    return ask(request, controls.draining(read(pk)), controls.ReasonForm)


@operator("change_worker", methods=("POST",))
def worker_resume(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    return done(request, controls.resuming_worker(pk), {}, _("Resumed %(name)s.") % {"name": read(pk)})


@operator("change_worker", methods=("GET", "HEAD", "POST"))
def queue_pause(request: HttpRequest) -> HttpResponseBase:
    """Pause the queue that is named in the address or in the form; "*" is all of them."""
    queue = request.GET.get("queue", "")[:64]
    control = controls.pausing_queue(queue)
    if queue == QueuePause.ALL:
        return ask(request, control, partial(controls.EverythingForm, place_name(request)))
    return ask(request, control, controls.PauseForm if queue else partial(controls.QueueForm, sorted(known())))


def known() -> set[str]:
    return known_queues(Worker.objects.live())


@operator("change_worker", methods=("POST",))
def queue_resume(request: HttpRequest) -> HttpResponseBase:
    queue = request.POST.get("queue", "")
    said = _("Resumed %(queue)s.") % {"queue": queue_words(queue)}
    try:
        return done(request, controls.resuming_queue(queue, request.POST.get("seen", "")), {}, said)
    except PausedAlready as other:
        messages.warning(request, paused_already(other.pause, request.user))
        return go_to(request, safe_next(request, PAGE))


def ask(request: HttpRequest, control: Control, make_form: Callable[[Any], Any]) -> HttpResponseBase:
    form = make_form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return done(request, control.do, form.cleaned_data, control.said(form.cleaned_data))
        except PausedAlready as other:
            form.tell_of(other.pause, request.user)
        except ValueError as error:
            form.add_error(None, str(error))
    form.place_focus()
    here = safe_next(request, PAGE)
    question = {"control": control, "form": form, "next": here, "action": request.get_full_path()}
    return render_dialog(request, "control", question)


def done(request: HttpRequest, do: controls.Do, data: dict[str, Any], said: str) -> HttpResponseBase:
    """Do it and go back with a sentence, also when somebody was first; ValueError for what the form must correct."""
    try:
        do(data, request.user)
    except NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, said)
    return go_to(request, safe_next(request, PAGE))


def read(pk: UUID) -> Worker:
    worker = Worker.objects.filter(pk=pk).first()
    if worker is None:
        raise Http404(_("There is no worker %(pk)s. Rows of workers that are gone are kept for a week.") % {"pk": pk})
    return worker


def place_name(request: HttpRequest) -> str:
    return conf.get_environment() or request.get_host()
