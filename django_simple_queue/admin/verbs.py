"""A verb over the rows that were selected in the admin, and its outcome in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from django_simple_queue import conf
from django_simple_queue.models import OperatorAction
from django_simple_queue.models.audit import MAX_ROWS, perform
from django_simple_queue.models.audit.terms import HAS_RUN
from django_simple_queue.models.task import TaskQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Tell = Callable[..., None]
KEPT = "%d task was left alone: by its options in ALLOWED_TASKS it must not be repeated, or is not yours to change."
KEPT_MANY = "%d tasks were left alone: by their options in ALLOWED_TASKS they must not be repeated, or are not yours."
LEFT_ALONE: dict[str, str | Promise] = {
    "not_allowed": gettext_lazy("not in the allowlist any more, or already asked to end"),
    "queued": gettext_lazy("queued already"),
    "progress": gettext_lazy("running"),
    "completed": gettext_lazy("completed"),
    "failed": gettext_lazy("failed"),
    "cancelled": gettext_lazy("cancelled already"),
}


def apply(verb: str, tasks: TaskQuerySet, request: HttpRequest, tell: Tell) -> None:
    """Do ``verb`` as the signed-in user to at most MAX_ROWS tasks, or to none, and tell how it came out."""
    tell_of_kept(verb, tasks, request, tell)
    try:
        action = perform(verb, tasks.exclude(kept_from(request.user, verb)), request.user, _("selected in the admin"))
    except ValueError:
        tell(request, too_many(), messages.ERROR)
        return
    for sentence in moved(verb, action.outcomes):
        tell(request, sentence, messages.SUCCESS)
    if left := left_alone(action):
        tell(request, left, messages.WARNING)


def tell_of_kept(verb: str, tasks: TaskQuerySet, request: HttpRequest, tell: Tell) -> None:
    if kept := tasks.filter(kept_from(request.user, verb)).order_by()[: MAX_ROWS + 1].count():
        tell(request, ngettext(KEPT, KEPT_MANY, kept) % kept, messages.WARNING)


def kept_from(user: User | AnonymousUser, verb: str) -> Q:
    """Return the condition for tasks whose options in ALLOWED_TASKS keep this user, or anybody, from ``verb``."""
    options = {path: conf.get_task_options(path) for path in conf.get_allowed_tasks() or ()}
    not_theirs = [path for path, each in options.items() if each.permission and not user.has_perm(each.permission)]
    once = [path for path, each in options.items() if verb == "requeue" and each.rerun == "never"]
    return Q(task__in=not_theirs) | Q(HAS_RUN, task__in=once)


def too_many() -> str:
    return _("Nothing was done: more than %d tasks are selected. Narrow the filter, or use the console.") % MAX_ROWS


def moved(verb: str, outcomes: dict[str, int]) -> list[str]:
    done, asked = outcomes.get("done", 0), outcomes.get("asked", 0)
    sentences = []
    if done and verb == "requeue":
        sentences.append(ngettext("%d task was requeued.", "%d tasks were requeued.", done) % done)
    elif done:
        sentences.append(ngettext("%d task was cancelled.", "%d tasks were cancelled.", done) % done)
    if asked:
        sentences.append(
            ngettext("%d running task was asked to end.", "%d running tasks were asked to end.", asked) % asked
        )
    return sentences


def left_alone(action: OperatorAction) -> str:
    reasons = [f"{count} {LEFT_ALONE[name]}" for name, count in action.outcomes.items() if name in LEFT_ALONE]
    return _("Left alone: %s.") % ", ".join(reasons) if reasons else ""
