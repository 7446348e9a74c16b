"""Operator verbs over tasks: what to ask first, the verb with its audit row, and a sentence on how it ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from dashboard import wording
from django_simple_queue import callables, conf
from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import MAX_ROWS, can_undo, perform
from django_simple_queue.models.audit import undo as undo_action
from django_simple_queue.models.audit.terms import Terms, doubtful, readable, without_answer

User = AbstractBaseUser | AnonymousUser
PERMISSIONS = {
    "requeue": "requeue_task",
    "start_now": "requeue_task",
    "cancel": "cancel_task",
    "mark_failed": "cancel_task",
    "run_again": "add_task",
}
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


@dataclass(frozen=True, slots=True)
class Question:
    """What an operator must answer before ``verb`` runs; ``safe`` are the rows for which nothing needs to be asked."""

    verb: str
    title: str
    text: str
    answer: str
    ids: tuple[UUID, ...]
    safe: tuple[UUID, ...] = ()


def act(verb: str, ids: Collection[UUID], actor: User, reason: str = "") -> Result:
    """Do ``verb`` to the tasks with these ids that accept it, write down who did it, and say how it ended.

    Raises ValueError for more than 500 ids. Requeued rows are held for UNDO_SECONDS.
    """
    check_size(ids)
    rows = list(readable(Task.objects.filter(pk__in=ids)))
    reasons = Terms.of(actor, {row.task for row in rows}).refusals(verb, rows)
    accepted = Task.objects.filter(pk__in=[pk for pk, left_alone in reasons.items() if not left_alone])
    action = perform(verb, accepted, actor, describe_scope(ids), reason=reason, **options(verb))
    outcomes = {**action.outcomes, **count_refused(ids, reasons)}
    if len(ids) > 1:
        return Result(wording.many(verb, outcomes), moved(outcomes), action)
    return one_result(verb, next(iter(ids)), actor, action, outcomes)


def options(verb: str) -> dict[str, Any]:
    return {"hold": timedelta(seconds=conf.get_undo_seconds())} if verb == "requeue" else {}


def one_result(verb: str, pk: UUID, actor: User, action: OperatorAction, outcomes: dict[str, int]) -> Result:
    if not moved(outcomes):
        return nothing_done(verb, pk, actor, outcomes)
    name = describe_scope([pk])
    return Result(wording.one(verb, name, "asked" in outcomes), 1, action)


def nothing_done(verb: str, pk: UUID, actor: User, outcomes: dict[str, int]) -> Result:
    """Say who was first; the second click of a double click is told what the first one did."""
    item = last_item(pk)
    if misfit := {"unfit", "missing"} & outcomes.keys():
        return Result(why_it_cannot_run(pk), 0, edit=pk if "unfit" in misfit else None)
    if item is None or item.action.verb != verb or item.taken_back:
        return Result(wording.refused(verb, outcomes), 0)
    latest = item.action
    if is_by(latest, actor) and timezone.now() - latest.created < DOUBLE_CLICK:
        said = wording.one(verb, describe_scope([pk]), "asked" in latest.outcomes)
        return Result(said, 0, latest, again=True)
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
        return Result(wording.undoing(left), 0, action=action, goes_on=True)
    if restored:
        name = describe_scope([pk]) if pk else action.scope if action.done == 1 else ""
        return Result(wording.undone(restored, {} if pk else action.undo_outcomes or {}, name), restored)
    latest = last_item(pk) if pk else None
    if latest and latest.action_id != action.pk:
        return Result(was_first(latest.action, actor), 0)
    before = (latest.taken_back, latest.taken_back_by) if latest else (action.undone, action.undone_by)
    return Result(wording.not_undone(*before), 0)


def last_item(pk: UUID) -> OperatorActionItem | None:
    """Return what the latest action over the task ``pk`` keeps of it."""
    return OperatorActionItem.objects.filter(task=pk).select_related("action").order_by("-action").first()


def question(verb: str, ids: Collection[UUID]) -> Question | None:
    """Return what to ask before ``verb`` runs over these tasks: whether to repeat, or to end, what may be half done."""
    rows = list(chosen(ids))
    asking = doubtful(verb, rows)
    if not asking:
        return None
    answered = not without_answer(row for row in rows if row.pk in asking)
    asked = wording.question(verb, len(asking), len(rows), describe_scope(ids), answered=answered)
    safe = tuple(row.pk for row in rows if row.pk not in asking)
    return Question(verb, asked.title, asked.text, asked.answer, tuple(ids), safe)


def may_touch(actor: User, row: Task) -> bool:
    """Tell whether the task's own ``permission`` option lets this operator act on it."""
    permission = conf.get_task_options(row.task).permission
    return not permission or bool(actor.has_perm(permission))  # type: ignore[union-attr]


def chosen(ids: Collection[UUID]) -> QuerySet[Task]:
    return Task.objects.filter(pk__in=ids).only("pk", "task", "status", "epoch")


def describe_scope(ids: Collection[UUID]) -> str:
    if len(ids) != 1:
        return ngettext("%s ticked task", "%s ticked tasks", len(ids)) % len(ids)
    (pk,) = ids
    path = Task.objects.filter(pk=pk).values_list("task", flat=True).first() or "task"
    return f"{path.rpartition('.')[2]} {str(pk)[-8:]}"


def check_size(ids: Collection[UUID]) -> None:
    if len(ids) > MAX_ROWS:
        limits = {"count": len(ids), "most": MAX_ROWS}
        said = ngettext(
            "%(count)s task is ticked; at most %(most)s can be changed at once.",
            "%(count)s tasks are ticked; at most %(most)s can be changed at once.",
            len(ids),
        )
        raise ValueError(said % limits)


def count_refused(ids: Collection[UUID], reasons: Mapping[UUID, str]) -> dict[str, int]:
    counts = Counter(reason for reason in reasons.values() if reason)
    gone = len(ids) - len(reasons)
    return {**counts, "gone": gone} if gone else dict(counts)


def moved(outcomes: dict[str, int]) -> int:
    return outcomes.get("done", 0) + outcomes.get("asked", 0)


def is_by(action: OperatorAction, actor: User) -> bool:
    return action.actor_id == str(actor.pk)
