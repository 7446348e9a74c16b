"""Taking an action back, as far as nobody has touched its rows since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from django_simple_queue.models.audit.tables import OperatorAction, OperatorActionItem
from django_simple_queue.models.audit.verbs import MAX_ROWS, VERBS, identify
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import Task, TaskQuerySet

NOTHING: Mapping[str, int] = {}
SINCE = "since "
"""Begins the outcome of rows that somebody has moved since: the verb and who it was follow."""


def can_undo(action: OperatorAction) -> bool:
    """Tell whether ``action`` moved something, has ended, can be undone, and neither is nor is past it."""
    verb = VERBS.get(action.verb)
    is_open = action.undone is None and not action.is_past_undo and action.state not in OperatorAction.ACTIVE
    return bool(verb and verb.undo and is_open and action.done)


def would_restore(item: OperatorActionItem, task: Task) -> bool:
    """Tell whether Undo would put ``task`` back, when ``item`` is the latest done to it: what ``untouched`` asks of the
    database, for a row that has been read."""
    is_left = item.undone is None and can_undo(item.action) and item.previous_status != Task.PROGRESS
    return is_left and task.epoch == item.epoch and task.status == VERBS[item.action.verb].leaves


def later(task: str, action: object) -> Exists:
    """Return the condition that another action has moved the task in the column ``task`` after ``action``."""
    return Exists(OperatorActionItem.objects.filter(task=OuterRef(task), action__gt=action))


@restarted_after_deadlock
def undo(action: OperatorAction, actor: object = None, task: UUID | None = None) -> int:
    """Put back what ``action`` moved and nobody has touched since, once; return how many rows.

    With ``task`` that one alone: the others can be put back later. An action over more than 500 rows is left to the
    workers: its state is UNDOING then, and 0 is returned. An action that still runs is not undone. ``undo_outcomes``
    of the stored action says what became of the moved rows.
    """
    if action.verb not in VERBS or VERBS[action.verb].undo is None:
        return 0
    who = identify(actor)["actor"]
    with transaction.atomic(using=alias()):
        if not begin_undo(action, who):
            return 0
        items = list(not_undone(action, task)[: MAX_ROWS + 1])
        if len(items) > MAX_ROWS:
            leave_to_workers(action)
            return 0
        outcomes = put_back(action, items)
        if task is None:
            close_undo(action, outcomes, who)
        elif outcomes.get("restored"):
            not_undone(action, task).update(undone=Now(), undone_by=who)
            close_undo(action)
        else:  # as if nobody had tried: what is written about the others stays
            transaction.set_rollback(True, using=alias())
    return outcomes.get("restored", 0)


def begin_undo(action: OperatorAction, who: str) -> bool:
    """Lock the action, unless it is undone already or still runs."""
    first = OperatorAction.objects.filter(pk=action.pk, undone=None).exclude(state__in=OperatorAction.ACTIVE)
    return bool(first.update(undone=Now(), undone_by=who))


def not_undone(action: OperatorAction, task: UUID | None = None) -> QuerySet[OperatorActionItem]:
    """Return the items of ``action``, or that of one ``task``, which have not been put back on their own."""
    items = action.items.filter(undone=None)
    return items.filter(task=task) if task else items.order_by("pk")


def leave_to_workers(action: OperatorAction) -> None:
    waiting = {"state": OperatorAction.State.UNDOING, "cursor": "", "undo_outcomes": None}
    OperatorAction.objects.filter(pk=action.pk).update(**waiting)


def put_back(action: OperatorAction, items: Sequence[OperatorActionItem]) -> dict[str, int]:
    """Put back the rows of ``items`` that are untouched; return how many rows came out how."""
    reverse = VERBS[action.verb].undo
    if reverse is None:
        return {}
    before = {item.task: item for item in items}
    restored = reverse(untouched(action, items), action)
    touched = {row.pk: row for row in Task.objects.filter(pk__in=before).only("pk", "epoch")}
    waiting = [pk for pk, row in touched.items() if row.epoch <= before[pk].epoch]
    started, gone = len(touched) - len(waiting), len(before) - len(touched)
    changed = len(before) - restored - started - gone
    named = moved_since(action, waiting) if changed else {}
    others = changed - sum(named.values())
    counts = {"restored": restored, "started": started, **named, "changed": others, "gone": gone}
    return {name: count for name, count in counts.items() if count > 0}


def moved_since(action: OperatorAction, tasks: Sequence[UUID]) -> dict[str, int]:
    """Return as outcomes who did what to these tasks last, after ``action``; what was taken back does not count."""
    items = OperatorActionItem.objects.filter(task__in=tasks, action__gt=action.pk)
    latest = {item.task: item for item in items.select_related("action").order_by("action")}
    moved = (item.action for item in latest.values() if not item.taken_back)
    return dict(Counter(f"{SINCE}{each.verb} {each.actor}" for each in moved))


def untouched(action: OperatorAction, items: Sequence[OperatorActionItem]) -> TaskQuerySet:
    """Return the rows that no worker has claimed and no other action has moved since."""
    own = OperatorActionItem.objects.filter(action=action, task=OuterRef("pk"), epoch=OuterRef("epoch"))
    return Task.objects.filter(Exists(own), ~later("pk", action.pk), pk__in=[item.task for item in items])


def close_undo(action: OperatorAction, outcomes: Mapping[str, int] = NOTHING, who: str = "") -> None:
    """Write down how ``who``'s undo of the whole came out, together with the rows that were put back on their own.

    The action is undone when the undo of the whole put something back, or when the last row was put back on its own.
    """
    names = list(action.items.filter(undone__isnull=False).order_by("undone", "pk").values_list("undone_by", flat=True))
    total = add_up({"restored": len(names)} if names else None, outcomes)
    if outcomes.get("restored"):
        names.append(who)
    left = not_undone(action).exclude(previous_status=Task.PROGRESS)
    ended = outcomes.get("restored") or (names and not left.exists())
    by = ", ".join(dict.fromkeys(filter(None, names)))[:150]
    columns = {"undo_outcomes": total or None, "undone_by": by} | ({} if ended else {"undone": None})
    OperatorAction.objects.filter(pk=action.pk).update(**columns)


def add_up(*counts: Mapping[str, int] | None) -> dict[str, int]:
    """Return the sums by name."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each or {})
    return dict(total)
