"""Taking an action back, as far as nobody has touched its rows since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import router, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from django_simple_queue.models.audit.tables import OperatorAction, OperatorActionItem
from django_simple_queue.models.audit.verbs import MAX_ROWS, VERBS, identify
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.task import Task, TaskQuerySet


@restarted_after_deadlock
def undo(action: OperatorAction, actor: object = None) -> int:
    """Put back what ``action`` moved and nobody has touched since, once; return how many rows.

    An action over more than 500 rows is left to the workers: its state is UNDOING then, and 0 is returned. An action
    that still runs is not undone. ``undo_outcomes`` of the stored action says what became of the moved rows.
    """
    if action.verb not in VERBS or VERBS[action.verb].undo is None:
        return 0
    with transaction.atomic(using=router.db_for_write(OperatorAction)):
        first = OperatorAction.objects.filter(pk=action.pk, undone=None).exclude(state__in=OperatorAction.ACTIVE)
        if not first.update(undone=Now(), undone_by=identify(actor)["actor"]):
            return 0
        items = list(action.items.order_by("pk")[: MAX_ROWS + 1])
        if len(items) > MAX_ROWS:
            OperatorAction.objects.filter(pk=action.pk).update(state=OperatorAction.State.UNDOING, cursor="")
            return 0
        outcomes = put_back(action, items)
        close_undo(action, outcomes)
    return outcomes.get("restored", 0)


def put_back(action: OperatorAction, items: Sequence[OperatorActionItem]) -> dict[str, int]:
    """Put back the rows of ``items`` that are untouched; return how many rows came out how."""
    reverse = VERBS[action.verb].undo
    if reverse is None:
        return {}
    before = {item.task: item for item in items}
    restored = reverse(untouched(action, items), action)
    touched = {row.pk: row for row in Task.objects.filter(pk__in=before).only("pk", "epoch")}
    started = sum(row.epoch > before[pk].epoch for pk, row in touched.items())
    gone = len(before) - len(touched)
    changed = len(before) - restored - started - gone
    counts = {"restored": restored, "started": started, "changed": changed, "gone": gone}
    return {name: count for name, count in counts.items() if count}


def untouched(action: OperatorAction, items: Sequence[OperatorActionItem]) -> TaskQuerySet:
    """Return the rows that no worker has claimed and no other action has moved since."""
    own = OperatorActionItem.objects.filter(action=action, task=OuterRef("pk"), epoch=OuterRef("epoch"))
    later = OperatorActionItem.objects.filter(task=OuterRef("pk"), action__gt=action.pk)
    return Task.objects.filter(Exists(own), ~Exists(later), pk__in=[item.task for item in items])


def close_undo(action: OperatorAction, outcomes: dict[str, int]) -> None:
    """Write down how the undo came out; one that put nothing back has not happened."""
    columns = {} if outcomes.get("restored") else {"undone": None, "undone_by": ""}
    OperatorAction.objects.filter(pk=action.pk).update(undo_outcomes=outcomes or None, **columns)


def add_up(*counts: dict[str, int] | None) -> dict[str, int]:
    """Return the sums by name."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each or {})
    return dict(total)
