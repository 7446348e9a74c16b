"""Running a completed task again: a new task, once for each time that somebody asks."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import actions, wording
from django_simple_queue.callables import TaskNotAllowedError
from django_simple_queue.models import OperatorActionItem, Task
from django_simple_queue.models.audit import perform
from django_simple_queue.models.audit.terms import Terms
from django_simple_queue.models.primary import alias

VERB = "run_again"


def run_again(pk: UUID, actor: AbstractBaseUser | AnonymousUser) -> UUID:
    """Enqueue the call of the completed task ``pk`` once more and return the new task's id.

    The second click of a double click returns the task of the first. Raises ValueError, in a sentence for people, for
    a task that is unknown, not completed, not allowed any more, never to be repeated, or not this operator's to touch.
    """
    with transaction.atomic(using=alias()):
        # Begun by a write: on SQLite it waits for its turn, where a write after a read would fail at once.
        if not Task.objects.filter(pk=pk).update(epoch=F("epoch")):
            raise ValueError(_("There is no task %s.") % pk)
        row = Task.objects.get(pk=pk)
        return just_made(row, actor) or make(row, actor)


def just_made(row: Task, actor: AbstractBaseUser | AnonymousUser) -> UUID | None:
    since = timezone.now() - actions.DOUBLE_CLICK
    mine = OperatorActionItem.objects.filter(
        task=row.pk, action__verb=VERB, action__actor_id=str(actor.pk), action__created__gt=since
    )
    return mine.order_by("-action").values_list("created_task", flat=True).first()


def make(row: Task, actor: AbstractBaseUser | AnonymousUser) -> UUID:
    if row.status != Task.COMPLETED:
        raise ValueError(_("Only a completed task runs again; this one is %s.") % row.get_status_display().lower())
    if refusal := Terms.held_by(actor).refusal(VERB, row):
        raise ValueError(_("This task is %s.") % wording.why_not(VERB, refusal))
    try:
        scope = actions.describe(row.pk)
        who, rows = actor.get_username(), Task.objects.filter(pk=row.pk)
        action = perform(VERB, rows, actor, scope, created_by=who, **actions.options(VERB))
    except TaskNotAllowedError as error:
        raise ValueError(str(error)) from error
    copy = action.items.get().created_task
    if copy is None:
        raise ValueError(_("It changed while you clicked."))
    return copy
