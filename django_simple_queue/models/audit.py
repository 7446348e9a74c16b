"""Who did what to which tasks. A verb and its audit row are one call, ``perform``, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, router, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.models.task import Task, TaskQuerySet
from django_simple_queue.models.transitions import MOVES

MAX_ROWS = 500
OUTCOME_OF_STATUS = dict(enumerate(("queued", "progress", "completed", "failed", "cancelled")))


class OperatorAction(models.Model):
    """One thing that a person did, with its scope in words and as a filter, and how it came out."""

    class State(models.TextChoices):
        DONE = "done", _("Done")
        RUNNING = "running", _("Running")
        ABORTED = "aborted", _("Aborted")

    created = models.DateTimeField(_("Time"), db_default=Now())
    actor_id = models.CharField(_("Actor's id"), max_length=64, blank=True, default="")
    actor = models.CharField(_("Actor"), max_length=150, blank=True, default="")
    verb = models.CharField(_("Verb"), max_length=32)
    scope = models.CharField(_("Scope"), max_length=500, blank=True, default="")
    scope_filter = models.JSONField(_("Scope as a filter"), default=dict, blank=True)
    reason = models.CharField(_("Reason"), max_length=500, blank=True, default="")
    outcomes = models.JSONField(_("Outcomes"), default=dict, help_text=_("How many rows came out how."))
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.DONE)
    cursor = models.CharField(_("Cursor"), max_length=100, blank=True, default="")
    expected = models.PositiveIntegerField(
        _("Expected"), null=True, blank=True, help_text=_("How many rows the scope held when it was frozen.")
    )
    finished = models.DateTimeField(_("Finished"), null=True, blank=True)
    problem = models.CharField(_("Problem"), max_length=500, blank=True, default="", db_default="")
    undone = models.DateTimeField(_("Undone"), null=True, blank=True)
    undone_by = models.CharField(_("Undone by"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("Operator action")
        verbose_name_plural = _("Operator actions")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("-created", "-id"), name="dsq_action_created"),
            models.Index(fields=("state", "id"), name="dsq_action_state"),
        )

    def __str__(self) -> str:
        return f"{self.verb}: {self.scope}"

    @property
    def done(self) -> int:
        """How many rows the verb moved."""
        return int(self.outcomes.get("done", 0))


class OperatorActionItem(models.Model):
    """One task that an action moved, with what Undo needs. No foreign key to the task: history survives pruning."""

    action = models.ForeignKey(OperatorAction, models.CASCADE, related_name="items", db_index=False)
    task = models.UUIDField(_("Task"))
    previous_status = models.IntegerField(_("Previous status"), choices=Task.STATUS_CHOICES)
    previous_attempt = models.PositiveIntegerField(_("Previous attempt"), default=0)
    previous_run_after = models.DateTimeField(_("Previous run after"), null=True)
    epoch = models.BigIntegerField(_("Epoch"), default=0)
    created_task = models.UUIDField(_("New task"), null=True)

    class Meta:
        verbose_name = _("Operator action item")
        verbose_name_plural = _("Operator action items")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("action", "task"), name="dsq_item_once"),)
        indexes = (models.Index(fields=("task", "-action"), name="dsq_item_task"),)

    def __str__(self) -> str:
        return f"{self.task} in {self.action_id}"


@dataclass(frozen=True, slots=True)
class Verb:
    """``movable`` narrows a set to what the verb accepts; ``apply`` moves it; ``undo`` puts back what an item names."""

    movable: Callable[[TaskQuerySet], TaskQuerySet]
    apply: Callable[..., Any]
    undo: Callable[[TaskQuerySet, OperatorActionItem], int] | None = None


def undo_requeue(rows: TaskQuerySet, item: OperatorActionItem) -> int:
    previous = {"attempt": item.previous_attempt, "run_after": item.previous_run_after, "due": True}
    return rows.undo_requeue(item.previous_status, **previous)


def undo_cancel(rows: TaskQuerySet, item: OperatorActionItem) -> int:
    return rows.undo_cancel() if item.previous_status == Task.QUEUED else 0


VERBS = {
    "requeue": Verb(TaskQuerySet.requeueable, TaskQuerySet.requeue, undo_requeue),
    "cancel": Verb(TaskQuerySet.cancellable, TaskQuerySet.cancel, undo_cancel),
    "start_now": Verb(TaskQuerySet.waiting, TaskQuerySet.start_now),
    "mark_failed": Verb(TaskQuerySet.unowned, TaskQuerySet.lose),
    "run_again": Verb(TaskQuerySet.repeatable, TaskQuerySet.run_again),
}


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
    verb (``hold`` of requeue). The action's ``outcomes`` sum up to the rows found: "done", "asked" (a running task was
    asked to end), "not_allowed", or the status that the verb does not accept. An action that moved nothing is not kept.

    Raises ValueError for an unknown verb or too many rows; nothing is changed then.
    """
    if verb not in VERBS:
        raise ValueError(f"Unknown verb {verb!r}; known are {sorted(VERBS)}.")
    alias = queryset.write_alias
    with transaction.atomic(using=alias):
        action = OperatorAction.objects.using(alias).create(
            verb=verb, scope=scope[:500], scope_filter=scope_filter or {}, reason=reason[:500], **identify(actor)
        )
        rows = lock(queryset)
        movable = VERBS[verb].movable(Task.objects.using(alias).filter(pk__in=[row.pk for row in rows]))
        moved = set(movable.values_list("pk", flat=True))
        created = VERBS[verb].apply(Task.objects.using(alias).filter(pk__in=moved), **options)
        action.outcomes = count_outcomes(verb, rows, moved)
        return keep(action, [row for row in rows if row.pk in moved], created)


def identify(actor: object) -> dict[str, str]:
    if actor is None or isinstance(actor, str):
        return {"actor": (actor or "")[:150], "actor_id": ""}
    return {"actor": str(actor)[:150], "actor_id": str(getattr(actor, "pk", ""))}


def lock(queryset: TaskQuerySet) -> list[Task]:
    columns = ("pk", "task", "status", "attempt", "epoch", "run_after")
    rows = list(queryset.order_by("pk").select_for_update().only(*columns)[: MAX_ROWS + 1])
    if len(rows) > MAX_ROWS:
        raise ValueError(f"More than {MAX_ROWS} rows at once; narrow the filter.")
    return rows


def count_outcomes(verb: str, rows: list[Task], moved: set[UUID]) -> dict[str, int]:
    running = Task.objects.filter(pk__in=moved, status=Task.PROGRESS)
    asked = set(running.values_list("pk", flat=True)) if verb == "cancel" else set()
    return dict(Counter(outcome(verb, row, moved, asked) for row in rows))


def outcome(verb: str, row: Task, moved: set[UUID], asked: set[UUID]) -> str:
    if row.pk in asked:
        return "asked"
    if row.pk in moved:
        return "done"
    accepted = MOVES[verb].sources if verb in MOVES else ()
    return "not_allowed" if row.status in accepted else OUTCOME_OF_STATUS[row.status]


def keep(action: OperatorAction, rows: list[Task], created: object) -> OperatorAction:
    """Save the action with an item for each row, or delete it when there is none."""
    if not rows:
        action.delete()
        return action
    action.save(update_fields=["outcomes"])
    new_ids = created if isinstance(created, dict) else {}
    OperatorActionItem.objects.bulk_create(
        OperatorActionItem(
            action=action,
            task=row.pk,
            previous_status=row.status,
            previous_attempt=row.attempt,
            previous_run_after=row.run_after,
            epoch=row.epoch,
            created_task=new_ids.get(row.pk),
        )
        for row in rows
    )
    return action


def record(verb: str, tasks: Iterable[Task], actor: object = None, scope: str = "", reason: str = "") -> OperatorAction:
    """Write down something that has been done in this transaction, such as an enqueue from the console."""
    rows = list(tasks)
    action = OperatorAction.objects.create(
        verb=verb, scope=scope[:500], reason=reason[:500], outcomes={"done": len(rows)}, **identify(actor)
    )
    return keep(action, rows, None)


def undo(action: OperatorAction, actor: object = None) -> int:
    """Put back what ``action`` moved and nobody has touched since, once; return how many rows."""
    reverse = VERBS[action.verb].undo if action.verb in VERBS else None
    if reverse is None:
        return 0
    with transaction.atomic(using=router.db_for_write(OperatorAction)):
        first = OperatorAction.objects.filter(pk=action.pk, undone=None)
        if not first.update(undone=Now(), undone_by=identify(actor)["actor"]):
            return 0
        restored = sum(reverse(untouched(item), item) for item in action.items.all())
        if not restored:
            OperatorAction.objects.filter(pk=action.pk).update(undone=None, undone_by="")
    return restored


def untouched(item: OperatorActionItem) -> TaskQuerySet:
    """Return the item's row, unless a worker has claimed it or another action has moved it since."""
    later = OperatorActionItem.objects.filter(task=OuterRef("pk"), action__gt=item.action_id)
    return Task.objects.filter(~Exists(later), pk=item.task, epoch=item.epoch)
