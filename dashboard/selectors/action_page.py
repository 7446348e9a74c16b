"""One action of an operator: what it was about, how far it has come, how each of its tasks came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dashboard import wording
from dashboard.selectors.activity import UNDO_OFFERED_FOR, beyond_undo, did, is_about_tasks, keeps_tasks, list_url
from dashboard.states import QUEUED, State, is_held, state_of
from dashboard.undo_words import put_back
from django_simple_queue.models import OperatorAction, Task, Worker
from django_simple_queue.models.audit import can_undo
from django_simple_queue.models.audit.scope import mark_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """``url`` lists exactly the tasks that ``count`` counts, "" where they are not known; ``note`` what it lacks."""

    name: str
    count: int
    words: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A task of the action; ``task`` is None when it has been deleted since."""

    pk: UUID
    task: Task | None
    verb: str

    @property
    def state(self) -> State | None:
        if self.task and is_held(self.task, self.verb):
            return QUEUED
        return state_of(self.task) if self.task else None


@dataclass(frozen=True, slots=True)
class ActionPage:
    """``missing`` tasks of the outcome ``chosen`` have been deleted, and their places in the list with them."""

    action: OperatorAction
    now: datetime
    outcomes: Sequence[Outcome]
    undone: Sequence[Outcome]
    lines: Sequence[Line]
    missing: int
    chosen: str
    onward: str
    workers: bool
    gone: bool

    @property
    def did(self) -> str:
        return did(self.action)

    @property
    def moved(self) -> int:
        return self.action.moved

    @property
    def mark(self) -> datetime:
        return mark_of(self.action.scope_filter)

    @property
    def reached(self) -> int:
        """How many of the expected tasks have been looked at."""
        return sum(self.action.outcomes.values())

    @property
    def put_back(self) -> int:
        return sum((self.action.undo_outcomes or {}).values())

    @property
    def is_running(self) -> bool:
        return self.action.state == OperatorAction.State.RUNNING

    @property
    def is_undoing(self) -> bool:
        return self.action.state == OperatorAction.State.UNDOING

    @property
    def not_reached(self) -> int:
        if self.action.state != OperatorAction.State.ABORTED:
            return 0
        return max((self.action.expected or 0) - self.reached, 0)

    @property
    def can_undo(self) -> bool:
        """Tell whether Undo is offered: while it is fresh and anything is left, and not while workers are at it."""
        ended = self.action.finished or self.action.created
        return can_undo(self.action) and not self.gone and self.now - ended < UNDO_OFFERED_FOR

    @property
    def list_url(self) -> str:
        return list_url(self.action)

    @property
    def is_about_tasks(self) -> bool:
        return is_about_tasks(self.action)


def action_page(action: OperatorAction, chosen: str, after: int, now: datetime) -> ActionPage:
    """Return the page of ``action`` with the tasks of the outcome ``chosen`` beyond the place ``after``."""
    outcomes = [outcome(action, name, count) for name, count in action.outcomes.items()]
    listed = chosen or next((each.name for each in outcomes if each.url), "")
    ids, onward = touched(action, listed, after)
    tasks = Task.objects.only("pk", "task", "status", "attempt", "due", "run_after", "cancel_requested").in_bulk(ids)
    more = f"?{urlencode((('outcome', listed), ('after', onward)))}" if onward else ""
    undone: dict[str, int] = action.undo_outcomes or {}
    return ActionPage(
        action=action,
        now=now,
        outcomes=outcomes,
        undone=[Outcome(name, count, put_back(name, count)) for name, count in undone.items()],
        lines=[Line(pk, tasks.get(pk), action.verb) for pk in ids],
        missing=0 if after or onward else missing(action, listed, len(ids)),
        chosen=listed,
        onward=more,
        workers=Worker.objects.at_work().exists(),
        gone=bool(beyond_undo([action], now)),
    )


def missing(action: OperatorAction, listed: str, found: int) -> int:
    """Return how many tasks are missing in a list that has ``found`` of them and no further page."""
    lists_tasks = listed in action.MOVED and keeps_tasks(action)
    return max(int(action.outcomes.get(listed, 0)) - found, 0) if lists_tasks else 0


def outcome(action: OperatorAction, name: str, count: int) -> Outcome:
    words = wording.came_out(action.verb, name)
    if name.startswith(wording.ALREADY):
        who = {"who": name.removeprefix(wording.ALREADY), "verb": action.verb}
        return Outcome(name, count, words, f"{reverse('simple_queue_dashboard:activity')}?{urlencode(who)}")
    kept = len((action.left_alone or {}).get(name, ()))
    listed = (name in action.MOVED and keeps_tasks(action)) or kept
    note = _("the first %d are listed") % kept if kept and kept < count else ""
    return Outcome(name, count, words, f"?{urlencode({'outcome': name})}" if listed else "", note)


def touched(action: OperatorAction, chosen: str, after: int) -> tuple[list[UUID], int]:
    """Return a page of the tasks that came out so, and where the next one begins, 0 when there is none."""
    if chosen not in action.MOVED:
        kept = (action.left_alone or {}).get(chosen, [])
        return [UUID(pk) for pk in kept[after : after + PAGE]], after + PAGE if len(kept) > after + PAGE else 0
    items: Any = action.items.filter(pk__gt=after)
    if action.verb == "cancel" and "asked" in action.outcomes:
        running = {"previous_status": Task.PROGRESS}
        items = items.filter(**running) if chosen == "asked" else items.exclude(**running)
    rows = list(items.order_by("pk")[: PAGE + 1])
    onward = rows[PAGE - 1].pk if len(rows) > PAGE else 0
    return list(dict.fromkeys(row.created_task or row.task for row in rows[:PAGE])), onward
