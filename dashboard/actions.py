"""Operator verbs over tasks: what to ask first, the verb with its audit row, and a sentence on how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import undo_words, wording
from dashboard.selectors.hindrance import hindrance
from django_simple_queue import callables, conf
from django_simple_queue.models import OperatorAction, OperatorActionItem, QueuePause, Task
from django_simple_queue.models.audit import can_undo, identify, perform
from django_simple_queue.models.audit import undo as undo_action
from django_simple_queue.models.audit.terms import Terms, doubtful, without_answer
from django_simple_queue.models.audit.verbs import VERBS

User = AbstractBaseUser | AnonymousUser
PERMISSIONS = {
    "requeue": "requeue_task",
    "start_now": "requeue_task",
    "cancel": "cancel_task",
    "mark_failed": "cancel_task",
    "run_again": "add_task",
}
HELD = ("requeue", "run_again")
"""What may have been clicked by mistake starts UNDO_SECONDS later: until then it can be taken back, or cancelled."""
DOUBLE_CLICK = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Result:
    """How a verb ended: ``sentence`` for people, and the ``action`` that did it, if any.

    ``goes_on``: workers do the action from now on. ``edit`` is a task whose arguments must be changed to run again.
    """

    sentence: str
    moved: int
    action: OperatorAction | None = None
    goes_on: bool = False
    edit: UUID | None = None
    again: bool = False

    @property
    def is_done(self) -> bool:
        """Tell whether what was wanted is so, by this click or by the first one of a double click."""
        return bool(self.moved or self.again)

    @property
    def undo_offer(self) -> str:
        """What is offered beside the sentence: Undo of the action, and over how many tasks that goes."""
        offered = self.action if self.action and can_undo(self.action) else None
        return f"undo:{offered.pk}:{offered.left_to_undo}" if offered else ""


def act(verb: str, row: Task, actor: User) -> Result:
    """Do ``verb`` to the task if it accepts it and has begun no other run, write down who did it, say how it ended.

    A requeued task is held for UNDO_SECONDS.
    """
    refusal = Terms.of(actor, [row.task]).refusal(verb, row)
    if refusal:
        return nothing_done(verb, row.pk, actor, {refusal: 1})
    same_run = Task.objects.filter(pk=row.pk, epoch=row.epoch)
    action = perform(verb, same_run, actor, describe(row.pk), **options(verb))
    if not action.moved:
        return nothing_done(verb, row.pk, actor, action.outcomes or {"changed": 1})
    return Result(told(action, row.pk), 1, action)


def told(action: OperatorAction, pk: UUID) -> str:
    return wording.one(action, describe(pk), held_up(pk) if action.verb in wording.WAITS else "")


def held_up(pk: UUID) -> str:
    queue = Task.objects.filter(pk=pk).values_list("queue", flat=True).first()
    return hindrance(queue, list(QueuePause.objects.current())) if queue else ""


def options(verb: str) -> dict[str, Any]:
    return {"hold": timedelta(seconds=conf.get_undo_seconds())} if verb in HELD else {}


def nothing_done(verb: str, pk: UUID, actor: User, outcomes: dict[str, int]) -> Result:
    """Say who was first; the second click of a double click is told what the first one did."""
    item = last_item(pk)
    if misfit := {"unfit", "missing"} & outcomes.keys():
        return Result(why_it_cannot_run(pk), 0, edit=pk if "unfit" in misfit else None)
    if item is None or item.action.verb != verb or item.taken_back:
        return Result(wording.refused(verb, outcomes), 0)
    return came_second(verb, item, actor)


def not_theirs(verb: str, row: Task, actor: User) -> Result | None:
    """Say that the task demands a permission that ``actor`` does not hold: then it is not said who else did what."""
    refusal = Terms.held_by(actor).refusal(verb, row)
    return Result(wording.refused(verb, {refusal: 1}), 0) if refusal == "not_permitted" else None


def overtaken(verb: str, row: Task, actor: User, seen: datetime) -> Result | None:
    """Say who has changed the task since it was shown as of ``seen``; None when ``verb`` may go on.

    What a worker has done since is no obstacle to a verb that asks first: the question is about what is now.
    """
    if row.modified <= seen or not VERBS[verb].movable(Task.objects.filter(pk=row.pk)).exists():
        return None
    item = last_item(row.pk)
    if item and item.action.created > seen and not item.taken_back:
        return came_second(verb, item, actor)
    return None if doubtful(verb, [row]) else Result(wording.overtaken(), 0)


def came_second(verb: str, item: OperatorActionItem, actor: User) -> Result:
    latest = item.action
    if latest.verb == verb and is_by(latest, actor) and timezone.now() - latest.created < DOUBLE_CLICK:
        return Result(told(latest, item.task), 0, latest, again=True)
    return Result(was_first(latest, actor), 0)


def was_first(action: OperatorAction, actor: User) -> str:
    return wording.somebody_was_first(action, timezone.now() - action.created, is_by(action, actor))


def why_it_cannot_run(pk: UUID) -> str:
    """Say, without any value, what today's code lacks to make the call."""
    row = Task.objects.only("task", "args", "positional").get(pk=pk)
    try:
        function = callables.resolve(row.task)
    except Exception as error:
        return wording.not_importable(row.task, f"{type(error).__name__}: {error}")
    try:
        callables.check_arguments(function, row.arguments, json.loads(row.positional or "[]"))
    except (TypeError, ValueError) as error:
        return wording.does_not_fit(row.task, str(error) if isinstance(error, TypeError) else "")
    return wording.does_not_fit(row.task, "")


def own_permissions(action: OperatorAction, pk: UUID | None = None) -> set[str]:
    """Return the permissions that the tasks of ``action``, or that one, demand, which Undo needs as its verb did."""
    items = action.items.filter(task=pk) if pk else action.items.all()
    rows = Task.objects.filter(pk__in=items.values("task")).order_by()
    paths = rows.values_list("task", flat=True).distinct()
    return {conf.get_task_options(path).permission for path in paths} - {""}


def undo(action: OperatorAction, actor: User, pk: UUID | None = None) -> Result:
    """Take ``action`` back, or its part in the task ``pk``, where nothing has happened since; say how many rows it was.

    The rows that were put back on their own are not counted again.
    """
    left, restored = action.left_to_undo, undo_action(action, actor, pk)
    action.refresh_from_db()
    if action.state == OperatorAction.State.UNDOING:
        return Result(undo_words.undoing(left), 0, action=action, goes_on=True)
    outcomes = {} if pk else undo_words.as_told(action.undo_outcomes or {}, identify(actor)["actor"])
    if restored:
        name = describe(pk) if pk else action.scope if action.done == 1 else ""
        return Result(undo_words.undone(restored, outcomes, name), restored)
    if any(map(undo_words.is_named, outcomes)) and left > 1 and not action.undone:
        return Result(undo_words.too_late(outcomes), 0)
    return Result(why_not_undone(action, actor, pk or only_one(action), left), 0)


def only_one(action: OperatorAction) -> UUID | None:
    """Return the task that can be put back, when it is one alone."""
    tasks = action.items.filter(undone=None).values_list("task", flat=True)[:2]
    return tasks[0] if len(tasks) == 1 else None


def why_not_undone(action: OperatorAction, actor: User, pk: UUID | None, left: int) -> str:
    """Say who was first at the task ``pk``, or at all ``left`` tasks."""
    latest = last_item(pk) if pk else None
    if latest and latest.action_id != action.pk:
        return was_first(latest.action, actor)
    when, who = (latest.taken_back, latest.taken_back_by) if latest else (action.undone, action.undone_by)
    named = _("you") if who and who == identify(actor)["actor"] else who
    return undo_words.not_undone(when, named, 1 if pk else left)


def latest_items(tasks: Iterable[UUID]) -> Iterable[OperatorActionItem]:
    """Return what the latest action over each of the tasks keeps of it."""
    items = OperatorActionItem.objects.filter(task__in=list(tasks)).select_related("action").order_by("action")
    return {item.task: item for item in items}.values()


def last_item(pk: UUID) -> OperatorActionItem | None:
    """Return what the latest action over the task ``pk`` keeps of it."""
    return OperatorActionItem.objects.filter(task=pk).select_related("action").order_by("-action").first()


def question(verb: str, row: Task) -> wording.Asked | None:
    """Return what to ask before ``verb`` is done to the task: whether to repeat, or to end, what may be half done."""
    if not doubtful(verb, [row]):
        return None
    return wording.question(verb, describe(row.pk), answered=not without_answer([row]))


def describe(pk: UUID) -> str:
    """Return what the console calls one task: its name and the end of its id."""
    path = Task.objects.filter(pk=pk).values_list("task", flat=True).first() or "task"
    return f"{path.rpartition('.')[2]} {str(pk)[-8:]}"


def is_by(action: OperatorAction, actor: User) -> bool:
    return action.actor_id == str(actor.pk)
