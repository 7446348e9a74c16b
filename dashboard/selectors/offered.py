"""What a row of the list offers to do with its task, and why something is not offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.selectors.marks import Mark
from dashboard.selectors.viewer import Viewer
from dashboard.states import waits
from dashboard.wording import why_not
from django_simple_queue.models import Task


class Offered:
    """``refusal`` says as an outcome why a requeue would leave the task alone, and any verb one that is not theirs."""

    __slots__ = ()
    task: Any
    viewer: Viewer
    now: datetime
    mark: Mark | None
    refusal: str

    @property
    def can_undo(self) -> bool:
        may = self.viewer.cancel if self.mark and self.mark.item.action.verb == "cancel" else self.viewer.requeue
        return bool(may and self.is_theirs and self.mark and self.mark.can_undo(self.task))

    @property
    def is_theirs(self) -> bool:
        """This operator holds the permission that the task demands, if it demands one."""
        return self.refusal != "not_permitted"

    @property
    def may_requeue(self) -> bool:
        return self.viewer.requeue and self.task.status in (Task.FAILED, Task.CANCELLED)

    @property
    def may_cancel(self) -> bool:
        open_ = self.task.status in (Task.QUEUED, Task.PROGRESS)
        return self.viewer.cancel and open_ and not self.task.cancel_requested

    @property
    def can_requeue(self) -> bool:
        return self.may_requeue and not self.refusal

    @property
    def can_cancel(self) -> bool:
        return self.may_cancel and self.is_theirs

    @property
    def refused(self) -> str:
        """Why what is offered elsewhere is not offered here."""
        return why_not("requeue", self.refusal) if self.refusal and (self.may_requeue or self.may_cancel) else ""

    @property
    def can_start(self) -> bool:
        return self.viewer.requeue and self.waits and self.is_theirs

    @property
    def waits(self) -> bool:
        return waits(self.task, self.now)

    @property
    def verbs(self) -> str:
        """The verbs of many that this row accepts, for the count on their buttons."""
        fits = {"requeue": self.can_requeue, "cancel": self.can_cancel}
        return " ".join(verb for verb, fit in fits.items() if fit)
