"""The verbs of an operator. A plain form is led back to its page, a live one gets the page's live region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import actions, repeat, wording
from dashboard.access import may, operator, require, safe_next
from dashboard.htmx import go_to, leave_for, render_dialog
from dashboard.ids import spelled
from dashboard.scopes import read_moment
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit.terms import readable

View = Callable[..., HttpResponseBase]
ID_DIGITS = 18
UNDO_PERMISSION = {"requeue": "requeue_task", "cancel": "cancel_task"}


def one_task(verb: str) -> View:
    @operator(actions.PERMISSIONS[verb], methods=("POST",))
    def view(request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return act_or_ask(request, verb, pk)

    return view


task_requeue = one_task("requeue")
task_cancel = one_task("cancel")
task_start_now = one_task("start_now")
task_mark_failed = one_task("mark_failed")


@operator(actions.PERMISSIONS["run_again"], methods=("POST",))
def task_run_again(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Enqueue the call of a completed task once more, and go to the new task."""
    row = existing(pk)
    if refused := actions.not_theirs("run_again", row, request.user):
        return tell(request, refused.sentence)
    if question := unanswered(request, "run_again", row):
        return render_dialog(request, "confirm", question)
    try:
        copy = repeat.run_again(pk, request.user)
    except ValueError as error:
        return tell(request, _("%s Nothing done.") % error)
    said = wording.again(actions.describe(copy), actions.held_up(copy), may(request, "cancel_task"))
    messages.success(request, said)
    return leave_for(request, reverse("simple_queue_dashboard:task", args=[copy]))


@operator(methods=("POST",))
def task_undo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Take back what the action that the page showed did to one task, and nothing of what it did to others."""
    shown = whole_number(request.POST.get("of"), ID_DIGITS) or 0
    action = OperatorAction.objects.filter(pk=shown, items__task=pk).first()
    if action is None:
        require(request, "requeue_task")
        return tell(request, _("There is nothing to undo for this task. Nothing done."))
    return take_back(request, action, pk)


@operator(methods=("POST",))
def action_undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back one action, over however many tasks."""
    action = OperatorAction.objects.filter(pk=pk).first()
    if action is None:
        raise Http404(_("No action has the number %s. It may have been removed since this page was loaded.") % pk)
    return take_back(request, action)


def take_back(request: HttpRequest, action: OperatorAction, pk: UUID | None = None) -> HttpResponseBase:
    for permission in (undo_permission(action.verb), *sorted(actions.own_permissions(action, pk))):
        require(request, permission)
    result = actions.undo(action, request.user, pk)
    offer = f"watch:{action.pk}" if result.goes_on and may(request, "view_operatoraction") else ""
    return tell(request, result.sentence, done=bool(result.moved) or result.goes_on, offer=offer)


def undo_permission(verb: str) -> str:
    """Return the permission that takes back an action of this verb."""
    return UNDO_PERMISSION.get(verb, "requeue_task")


def act_or_ask(request: HttpRequest, verb: str, pk: UUID, shown: datetime | None = None) -> HttpResponseBase:
    """Do ``verb`` to one task as it was shown; what is asked first is answered for the run that was asked about."""
    row = existing(pk)
    seen = shown or read_moment(request.POST.get("seen"), row.modified)
    result = actions.not_theirs(verb, row, request.user) or actions.overtaken(verb, row, request.user, seen)
    if not result and (question := unanswered(request, verb, row)):
        return render_dialog(request, "confirm", question)
    result = result or actions.act(verb, row, request.user)
    edit = f"edit:{result.edit}" if result.edit and may(request, "add_task") else ""
    return tell(request, result.sentence, done=result.is_done, offer=result.undo_offer or edit)


def existing(pk: UUID) -> Task:
    row = readable(Task.objects.filter(pk=pk)).first()
    if row is None:
        raise Http404(_("No task has the id %s. It may have been removed since this page was loaded.") % pk)
    return row


def unanswered(request: HttpRequest, verb: str, row: Task) -> Mapping[str, Any] | None:
    """Return what the dialog asks about this run of the task, None when nothing is to be asked or it was answered."""
    answered = whole_number(request.POST.get("confirm"), ID_DIGITS)
    asked = actions.question(verb, row) if answered != row.epoch else None
    if asked is None:
        return None
    action = reverse(f"simple_queue_dashboard:task_{verb}", args=[row.pk])
    held_to = {"epoch": row.epoch, "seen": spelled(row.modified)}
    return {"question": asked, "next": safe_next(request), "action": action, **held_to}


def tell(request: HttpRequest, sentence: str, done: bool = False, offer: str = "") -> HttpResponseBase:
    """Go back to where the operator was, with a sentence and, where it is possible, Undo or another ``offer``."""
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, sentence, extra_tags=offer)
    return go_to(request, safe_next(request))


def whole_number(text: str | None, digits: int = 9) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= digits else None
