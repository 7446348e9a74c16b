"""Who did what, newest first, in pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import wording
from dashboard.ids import as_uuid
from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import VERBS, can_undo, would_restore
from django_simple_queue.models.audit.undoing import later
from django_simple_queue.models.audit.verbs import MAX_ROWS
from django_simple_queue.redaction import visible

PAGE = 50
PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
PERIOD_LABELS = {
    "today": gettext_lazy("Today"),
    "24h": gettext_lazy("Last 24 hours"),
    "7d": gettext_lazy("Last 7 days"),
    "30d": gettext_lazy("Last 30 days"),
}
FEW = 3
SAMPLE = 1000
UNDO_OFFERED_FOR = timedelta(minutes=15)


def did(action: OperatorAction) -> str:
    """Return what was done, as it follows the name of who did it."""
    if action.state == OperatorAction.State.RUNNING:
        return wording.going_on(action.verb)
    return _("ran again") if action.verb == "run_again" else visible(wording.became(action))


def is_about_tasks(action: OperatorAction) -> bool:
    """Tell whether tasks can be counted of it; a pause or a decision about a group moves none."""
    return action.verb in VERBS or bool(action.outcomes)


def keeps_tasks(action: OperatorAction) -> bool:
    """Tell whether it is kept which tasks they were; of an export it is not."""
    return is_about_tasks(action) and action.verb != "export"


def list_url(action: OperatorAction) -> str:
    """Return the list of tasks by the filter that was frozen, "" where there is none."""
    query = action.scope_filter.get("query") if isinstance(action.scope_filter, dict) else ""
    return f"{reverse('simple_queue_dashboard:tasks')}?{query}" if query else ""


@dataclass(frozen=True, slots=True)
class Touched:
    """A task that an action moved or made; ``task`` is None when it has been deleted since."""

    pk: UUID
    task: Task | None


@dataclass(frozen=True, slots=True)
class Entry:
    action: OperatorAction
    touched: Sequence[Touched]
    can_undo: bool

    @property
    def did(self) -> str:
        return did(self.action)

    @property
    def outcome(self) -> str:
        """How it came out, when there is more to say than that it was done."""
        outcomes = self.action.outcomes
        if len(outcomes) < 2:
            return ""
        ordered = sorted(outcomes.items(), key=lambda each: (each[0] != "done", -each[1], each[0]))
        return ", ".join(f"{count} {wording.came_out(self.action.verb, name)}" for name, count in ordered)

    @property
    def more(self) -> int:
        """How many tasks are not listed here, but on the action's page."""
        return max(self.total - len(self.touched), 0) if keeps_tasks(self.action) else 0

    @property
    def list_url(self) -> str:
        """The list that shows now what the action was about, where it is not kept which tasks those were."""
        return "" if keeps_tasks(self.action) else list_url(self.action)

    @property
    def total(self) -> int:
        """How many tasks moved; of an action that goes on, how many are to be looked at."""
        if self.action.state == OperatorAction.State.RUNNING:
            return self.action.expected or 0
        return self.action.moved


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show: the actions of one person, of one kind, of some time, with a text, or one with all its tasks."""

    who: str = ""
    verb: str = ""
    action: int | None = None
    time: str = ""
    text: str = ""

    @property
    def is_chosen(self) -> bool:
        return any((self.who, self.verb, self.action, self.time, self.text))

    def apply(self) -> QuerySet[OperatorAction]:
        wanted = {"actor": self.who, "verb": self.verb, "pk": self.action, "created__gte": self.since}
        rows = OperatorAction.objects.filter(**{name: value for name, value in wanted.items() if value})
        return rows.filter(self.holds(self.text)) if self.text else rows

    @property
    def since(self) -> datetime | None:
        if self.time == "today":
            return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return timezone.now() - PERIODS[self.time] if self.time in PERIODS else None

    @staticmethod
    def holds(text: str) -> Q:
        """Return the condition for a text in who, what or why; for a task's id also by the tasks that were moved."""
        within = Q(actor__icontains=text) | Q(scope__icontains=text) | Q(reason__icontains=text)
        pk = as_uuid(text)
        return within | Q(pk__in=OperatorActionItem.objects.filter(task=pk).values("action")) if pk else within


@dataclass(frozen=True, slots=True)
class ActivityPage:
    days: Sequence[tuple[date, Sequence[Entry]]]
    newer: int | None
    older: int | None
    people: Sequence[str]
    verbs: Sequence[str]


def activity_page(chosen: Filter, before: int | None, after: int | None, now: datetime) -> ActivityPage:
    """Return a page of actions: the newest, those ``before`` an id (older), or those ``after`` one (newer)."""
    actions, has_newer, has_older = read_page(chosen.apply(), before, after)
    items = items_of([each for each in actions if chosen.action or is_small(each)])
    gone = beyond_undo([each for each in actions if each.pk not in items], now)
    entries = [entry(each, items.get(each.pk, []), now, gone) for each in actions]
    recent = OperatorAction.objects.order_by("-id").values_list("actor", "verb")[:SAMPLE]
    people, verbs = zip(*recent, strict=True) if recent else ((), ())
    return ActivityPage(
        days=[(day, list(group)) for day, group in groupby(entries, key=day_of)],
        newer=actions[0].pk if actions and has_newer else None,
        older=actions[-1].pk if actions and has_older else None,
        people=choices(people, chosen.who),
        verbs=choices(verbs, chosen.verb),
    )


def choices(names: Iterable[str], chosen: str) -> Sequence[str]:
    """Return what can be chosen in a list: names that look like what they are, and whatever is ``chosen``."""
    return sorted({chosen, *(name for name in names if name == visible(name))} - {""})


def read_page(
    actions: QuerySet[OperatorAction], before: int | None, after: int | None
) -> tuple[list[OperatorAction], bool, bool]:
    if after is not None:
        rows = list(actions.filter(pk__gt=after).order_by("id")[: PAGE + 1])
        return rows[:PAGE][::-1], len(rows) > PAGE, True
    rows = list((actions.filter(pk__lt=before) if before is not None else actions).order_by("-id")[: PAGE + 1])
    return rows[:PAGE], before is not None, len(rows) > PAGE


def is_small(action: OperatorAction) -> bool:
    return action.moved <= FEW


def items_of(actions: Sequence[OperatorAction]) -> Mapping[int, Sequence[tuple[OperatorActionItem, Touched]]]:
    rows = OperatorActionItem.objects.filter(action__in=[each.pk for each in actions]).select_related("action")
    items = list(rows.annotate(moved_later=later("task", OuterRef("action"))).order_by("pk"))
    tasks = Task.objects.only("pk", "task", "status", "epoch").in_bulk(
        [each.created_task or each.task for each in items]
    )
    found: dict[int, list[tuple[OperatorActionItem, Touched]]] = defaultdict(list)
    for item in items:
        pk = item.created_task or item.task
        found[item.action_id].append((item, Touched(pk, tasks.get(pk))))
    return found


def beyond_undo(actions: Iterable[OperatorAction], now: datetime) -> set[int]:
    """Return those of the actions, but for very large ones, that have left nothing which Undo could put back."""
    asked = {each.pk for each in actions if each.moved <= MAX_ROWS and offers_undo(each, now)}
    unclaimed = Exists(Task.objects.filter(pk=OuterRef("task"), epoch=OuterRef("epoch")))
    left = OperatorActionItem.objects.filter(unclaimed, ~later("task", OuterRef("action")), undone=None)
    stopped = Q(previous_status=Task.PROGRESS)
    open_ = OperatorAction.objects.filter(Exists(left.filter(~stopped, action=OuterRef("pk"))), pk__in=asked)
    return asked - set(open_.values_list("pk", flat=True))


def entry(
    action: OperatorAction, items: Sequence[tuple[OperatorActionItem, Touched]], now: datetime, gone: Container[int]
) -> Entry:
    touched = list({each.pk: each for _, each in items}.values())
    untouched = any(is_untouched(item, each.task) for item, each in items) if items else action.pk not in gone
    return Entry(action, touched, offers_undo(action, now) and untouched)


def offers_undo(action: OperatorAction, now: datetime) -> bool:
    return can_undo(action) and now - action.created < UNDO_OFFERED_FOR


def is_untouched(item: Any, task: Task | None) -> bool:
    return task is not None and not item.moved_later and would_restore(item, task)


def day_of(entry: Entry) -> date:
    return timezone.localdate(entry.action.created)
