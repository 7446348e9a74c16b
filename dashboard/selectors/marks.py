"""What operators did to tasks a moment ago: shown on the row, which stays where it was until its reader has seen it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dashboard import wording
from dashboard.selectors.scalars import as_moment
from dashboard.statements import read
from dashboard.states import OF_STATUS, waiting_state
from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import would_restore
from django_simple_queue.redaction import visible

SHOWN_FOR = timedelta(seconds=60)
MOST = 500
MOST_DEEDS = 20
ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class Mark:
    """The latest action over a row: what was done when, and whether Undo may still take it back.

    ``names``: the viewer may know who did it; what they did themselves they know.
    """

    item: OperatorActionItem
    viewer: str
    names: bool

    @property
    def who(self) -> str:
        if self.item.action.actor_id == self.viewer:
            return _("you")
        return (visible(self.item.action.actor) or _("application code")) if self.names else ""

    @property
    def words(self) -> str:
        """For example "Requeued by you"."""
        done, who = capfirst(wording.became(self.item.action)), self.who
        said = _("%(done)s by %(who)s") % {"done": done, "who": who} if who else done
        return _("%s, undone") % said if self.item.taken_back else said

    @property
    def moment(self) -> datetime:
        return self.item.taken_back or self.item.action.created

    @property
    def former_tab(self) -> str:
        """The tab in which the row was when it was acted on."""
        item = self.item
        waited = bool(item.previous_run_after and item.previous_run_after > item.action.created)
        if item.previous_status == Task.QUEUED:
            return waiting_state(item.previous_attempt, waits=waited).slug
        return OF_STATUS[item.previous_status].slug

    def can_undo(self, row: Task) -> bool:
        return would_restore(self.item, row)


def recent(viewer: str, *, names: bool) -> Mapping[UUID, Mark]:
    """Return the latest mark of each task that somebody acted on within the last minute."""
    items = OperatorActionItem.objects.filter(action__created__gte=timezone.now() - SHOWN_FOR)
    newest_last = reversed(items.select_related("action").order_by("-action", "-pk")[:MOST])
    return {item.task: Mark(item, viewer, names) for item in newest_last}


class Deed(NamedTuple):
    pk: int
    actor: str
    created: datetime | None
    undone: datetime | None
    undo_outcomes: object


def deeds() -> Sequence[Deed]:
    """Return the newest actions, the latest first."""
    return [
        Deed(pk, actor, as_moment(created), as_moment(undone), outcomes)
        for pk, actor, created, undone, outcomes in read(newest)
    ]


def newest() -> QuerySet[Any, Any]:
    seen = ("pk", "actor_id", "created", "undone", "undo_outcomes")
    return OperatorAction.objects.order_by("-pk").values_list(*seen)[:MOST_DEEDS]


def lately(deeds: Sequence[Deed]) -> Sequence[Deed]:
    """Return the actions that rows still show."""
    since = timezone.now() - SHOWN_FOR
    return [deed for deed in deeds if deed.created and deed.created >= since]


def reader(deeds: Sequence[Deed], viewer: str) -> str:
    """Return ``viewer`` when rows may say "by you" to them (more may have been done than was read), else ANYBODY."""
    shown = lately(deeds)
    own = len(shown) == MOST_DEEDS or any(deed.actor == viewer for deed in shown)
    return viewer if own else ANYBODY


def left_tab(marks: Mapping[UUID, Mark], tab: str, shown: Collection[UUID], most: int) -> list[UUID]:
    """Return the tasks that were acted on in ``tab`` and are not in it any more.

    Only of actions over at most so many, a page of them: more were never in sight, and would push away what is.
    """
    sizes = Counter(mark.item.action_id for mark in marks.values())
    seen = (pk for pk, mark in marks.items() if mark.former_tab == tab and sizes[mark.item.action_id] <= most)
    return [pk for pk in seen if tab and pk not in shown]
