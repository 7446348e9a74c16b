"""A verb over the rows that were selected in the admin, and its outcome in words."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from django_simple_queue.models import OperatorAction
from django_simple_queue.models.audit import MAX_ROWS, perform
from django_simple_queue.models.task import TaskQuerySet

Tell = Callable[..., None]
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
    try:
        action = perform(verb, tasks, request.user, _("selected in the admin"))
    except ValueError:
        tell(request, too_many(), messages.ERROR)
        return
    for sentence in moved(verb, action.outcomes):
        tell(request, sentence, messages.SUCCESS)
    if left := left_alone(action):
        tell(request, left, messages.WARNING)


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
