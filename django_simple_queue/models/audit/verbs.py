"""What operators may do to tasks. A verb and its audit row are one call, ``perform``, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Subquery, When
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

from django_simple_queue.models.audit.tables import OperatorAction, OperatorActionItem
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.task import Task, TaskQuerySet
from django_simple_queue.models.transitions import MOVES

MAX_ROWS = 500
OUTCOME_OF_STATUS = dict(enumerate(("queued", "progress", "completed", "failed", "cancelled")))
ELSEWHERE = {
    "cancel": {Task.PROGRESS: "asked"},
    "mark_failed": {Task.QUEUED: "retrying", Task.CANCELLED: "stopped"},
}
"""By verb: how rows came out that it moved to another status than the one it is named after."""
LOCKED = ("pk", "task", "status", "attempt", "epoch", "run_after")


@dataclass(frozen=True, slots=True)
class Verb:
    """``movable`` narrows a set to what the verb accepts; ``apply`` moves it; ``undo`` takes back what an action moved.

    ``undo`` gets rows that nobody has touched since, and returns how many of them it has put back. It finds them in
    the status ``leaves``.
    """

    movable: Callable[[TaskQuerySet], TaskQuerySet]
    apply: Callable[..., Any]
    undo: Callable[[TaskQuerySet, OperatorAction], int] | None = None
    leaves: int | None = None


def undo_requeue(rows: TaskQuerySet, action: OperatorAction) -> int:
    items = OperatorActionItem.objects.filter(action=action, task=OuterRef("pk"))
    former = {name: Subquery(items.values(f"previous_{name}")) for name in ("attempt", "run_after")}
    due = Case(When(LessThanOrEqual(former["run_after"], Now()), then=True), default=False)
    return sum(
        rows.filter(Exists(items.filter(previous_status=status))).undo_requeue(status, **former, due=due)
        for status in MOVES["undo_requeue"].targets
    )


def undo_cancel(rows: TaskQuerySet, action: OperatorAction) -> int:
    waited = OperatorActionItem.objects.filter(action=action, task=OuterRef("pk"), previous_status=Task.QUEUED)
    return rows.filter(Exists(waited)).undo_cancel()


VERBS = {
    "requeue": Verb(TaskQuerySet.requeueable, TaskQuerySet.requeue, undo_requeue, Task.QUEUED),
    "cancel": Verb(TaskQuerySet.cancellable, TaskQuerySet.cancel, undo_cancel, Task.CANCELLED),
    "start_now": Verb(TaskQuerySet.waiting, TaskQuerySet.start_now),
    "mark_failed": Verb(TaskQuerySet.unowned, TaskQuerySet.lose),
    "run_again": Verb(TaskQuerySet.repeatable, TaskQuerySet.run_again),
}


@restarted_after_deadlock
def perform(
    verb: str,
    queryset: TaskQuerySet,
    actor: object = None,
    scope: str = "",
    *,
    scope_filter: dict[str, Any] | None = None,
    reason: str = "",
    **options: Any,
) -> OperatorAction:
    """Apply ``verb`` to at most 500 rows and write down who did it, in one transaction.

    ``actor`` is a user, a name, or None for code; ``scope`` says in words which rows were meant; ``options`` go to the
    verb (``hold`` of requeue and run_again). The action's ``outcomes`` sum up to the rows found: "done", "asked" (a
    running task was asked to end), "retrying" and "stopped" (a lost run that attempts are left for, or that was to be
    cancelled), "not_allowed", or the status that the verb does not accept. An action that moved nothing is not kept.

    Raises ValueError for an unknown verb or too many rows; nothing is changed then.
    """
    require_verb(verb)
    alias = queryset.db
    with transaction.atomic(using=alias):
        action = OperatorAction.objects.using(alias).create(
            verb=verb, scope=scope[:500], scope_filter=scope_filter or {}, reason=reason[:500], **identify(actor)
        )
        action.outcomes, moved = move(action, lock(queryset), **options)
        return keep(action, moved)


def require_verb(verb: str) -> None:
    if verb not in VERBS:
        raise ValueError(f"Unknown verb {verb!r}; known are {sorted(VERBS)}.")


def identify(actor: object) -> dict[str, str]:
    if actor is None or isinstance(actor, str):
        return {"actor": (actor or "")[:150], "actor_id": ""}
    return {"actor": str(actor)[:150], "actor_id": str(getattr(actor, "pk", ""))}


def lock(queryset: TaskQuerySet) -> list[Task]:
    rows = list(queryset.order_by("pk").select_for_update().only(*LOCKED)[: MAX_ROWS + 1])
    if len(rows) > MAX_ROWS:
        raise ValueError(f"More than {MAX_ROWS} rows at once; narrow the filter.")
    return rows


def move(action: OperatorAction, rows: Sequence[Task], **options: Any) -> tuple[dict[str, int], int]:
    """Apply the verb of ``action`` to locked ``rows``, with an item for each that moves.

    Returns how many rows came out how, and how many items there are.
    """
    verb = VERBS[action.verb]
    movable = verb.movable(Task.objects.using(action._state.db).filter(pk__in=[row.pk for row in rows]))
    moved = set(movable.values_list("pk", flat=True))
    created = verb.apply(Task.objects.using(action._state.db).filter(pk__in=moved), **options)
    add_items(action, [row for row in rows if row.pk in moved], created if isinstance(created, dict) else {})
    return count_outcomes(action.verb, rows, moved), len(moved)


def add_items(action: OperatorAction, rows: Iterable[Task], created: dict[UUID, UUID]) -> None:
    OperatorActionItem.objects.bulk_create(
        OperatorActionItem(
            action=action,
            task=row.pk,
            previous_status=row.status,
            previous_attempt=row.attempt,
            previous_run_after=row.run_after,
            epoch=row.epoch,
            created_task=created.get(row.pk),
        )
        for row in rows
    )


def count_outcomes(verb: str, rows: Sequence[Task], moved: set[UUID]) -> dict[str, int]:
    words = ELSEWHERE.get(verb, {})
    became = dict(Task.objects.filter(pk__in=moved, status__in=words).values_list("pk", "status")) if words else {}
    elsewhere = {pk: words[status] for pk, status in became.items()}
    return dict(Counter(outcome(verb, row, moved, elsewhere) for row in rows))


def outcome(verb: str, row: Task, moved: set[UUID], elsewhere: Mapping[UUID, str]) -> str:
    if row.pk in moved:
        return elsewhere.get(row.pk, "done")
    accepted = MOVES[verb].sources if verb in MOVES else ()
    return "not_allowed" if row.status in accepted else OUTCOME_OF_STATUS[row.status]


def keep(action: OperatorAction, moved: int) -> OperatorAction:
    """Save the outcomes of the action, or delete it when it moved nothing."""
    if moved:
        action.save(update_fields=["outcomes"])
    else:
        action.delete()
    return action


def record(verb: str, tasks: Iterable[Task], actor: object = None, scope: str = "", reason: str = "") -> OperatorAction:
    """Write down something that has been done in this transaction, such as an enqueue from the console."""
    rows = list(tasks)
    action = OperatorAction.objects.create(
        verb=verb, scope=scope[:500], reason=reason[:500], outcomes={"done": len(rows)}, **identify(actor)
    )
    add_items(action, rows, {})
    return keep(action, len(rows))
