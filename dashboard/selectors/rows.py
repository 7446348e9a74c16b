"""One row of the list: a task as an operator may see it, and what may be done to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Length, Right
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.filter_words import STALLED
from dashboard.ids import spelled, tick
from dashboard.selectors.fleet import Fleet
from dashboard.selectors.headline import last_line, named, short
from dashboard.selectors.live import BUSY_SECONDS
from dashboard.selectors.marks import Mark
from dashboard.selectors.offered import Offered
from dashboard.selectors.timeline import run_time, wait_time
from dashboard.selectors.viewer import Viewer
from dashboard.states import QUEUED, RETRYING, State, is_held, state_of
from dashboard.tags import age
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_args, redact_tail, redact_text, visible

ARGS_SHOWN = 4000
ERROR_READ = 2000
ERROR_EDGE = 500
ERROR_SHOWN = 200
TROUBLED = ("failed", "retrying")
TAB_OF_STATE = {"stopping": "progress", "stalled": "progress", "unknown": ""}
COLUMNS = (
    "id task status queue priority created modified run_after due attempt max_attempts epoch worker worker_pid "
    "started finished cancel_requested progress progress_message error_class"
).split()
READ = (*COLUMNS, "key", "args_size", "args_short", "error_end")


def light(rows: QuerySet[Task], longest_args: int = ARGS_SHOWN) -> QuerySet[Task]:
    """Read what a row shows, and never a whole text: long arguments stay behind, of an error only its end comes."""
    short = Case(
        When(args_size__lte=longest_args, then=F("args")), default=Value(None), output_field=TextField(null=True)
    )
    sized = rows.only(*COLUMNS).annotate(args_size=Length("args"))
    return sized.annotate(args_short=short, error_end=Right("error", ERROR_READ))


def end_of_error(row: Any) -> str:
    """Return the end of a light row's error, redacted; when it is no whole error, a secret may be cut at its edge."""
    if len(row.error_end or "") < ERROR_READ:
        return redact_text(row.task, row.args_short, row.error_end)
    return redact_tail(row.task, row.args_short, row.error_end, ERROR_EDGE)


@dataclass(frozen=True, slots=True)
class Row(Offered):
    """``task`` is a light row with ``key_text``; the rest is made for the template.

    ``refusal`` says as an outcome why a requeue would leave it alone, and any verb one that is not this operator's.
    """

    task: Any
    viewer: Viewer
    fleet: Fleet
    now: datetime
    mark: Mark | None = None
    refusal: str = ""

    @property
    def looks(self) -> tuple[Any, ...] | None:
        """All that decides how the row of an ended task looks, its age in steps; None for one that still moves."""
        if self.mark or self.task.status in (Task.QUEUED, Task.PROGRESS):
            return None
        seen = (
            self.viewer.payload,
            self.viewer.ticks,
            self.viewer.requeue,
            self.refusal,
            self.worker,
            age(BUSY_SECONDS),
        )
        return *(getattr(self.task, name) for name in READ), *seen

    @property
    def stalled(self) -> bool:
        """In progress although no live worker holds it."""
        return self.task.status == Task.PROGRESS and self.fleet.has_lost(self.task.worker, self.task.modified)

    @property
    def state(self) -> State:
        return QUEUED if self.held else state_of(self.task, self.stalled)

    @property
    def args(self) -> Any:
        """The redacted arguments, or a sentence in place of what may not or need not be shown."""
        if not self.viewer.payload:
            return None
        size = self.task.args_size or 0
        if size > ARGS_SHOWN:
            return ngettext("%s character of arguments", "%s characters of arguments", size) % f"{size:,}"
        return redact_args(self.task.task, self.task.args_short)

    @property
    def args_are_unread(self) -> bool:
        """Nobody knows here which secrets they hold."""
        return self.task.args_short is None and bool(self.task.args_size)

    @property
    def error(self) -> str:
        """The error's last line, its class without modules, for a task that failed or waits after a failure."""
        kind, said = self.error_parts
        return ": ".join(filter(None, (short(kind), said)))[:ERROR_SHOWN]

    @property
    def whole_error(self) -> str:
        return ": ".join(filter(None, self.error_parts))[:ERROR_SHOWN]

    @property
    def tab(self) -> str:
        """The tab that lists tasks of this state."""
        return TAB_OF_STATE.get(self.state.slug, self.state.slug)

    @property
    def state_filter(self) -> str:
        """What filters the list by this state, after "status="."""
        return f"{self.tab}&has={STALLED}" if self.stalled else self.tab

    @property
    def error_filter(self) -> str:
        """What to look for to find tasks that failed in the same way: the class of the error, else its words."""
        return short(str(self.task.error_class)) or self.error

    @property
    def error_parts(self) -> tuple[str, str]:
        if self.state.slug not in TROUBLED or not self.task.error_end:
            return "", ""
        if not self.viewer.payload or self.args_are_unread:
            return str(self.task.error_class), ""
        kind, said = named(self.task, self.task.args_short, last_line(self.task.error_end))
        if kind:
            return kind, said
        return "", last_line(end_of_error(self.task))

    @property
    def progress_message(self) -> str:
        if not self.viewer.payload or self.args_are_unread:
            return ""
        return redact_text(self.task.task, self.task.args_short, self.task.progress_message)

    @property
    def held(self) -> bool:
        """Requeued, and waiting so that Undo is real."""
        return self.mark is not None and is_held(self.task, self.mark.item.action.verb)

    @property
    def is_handled(self) -> bool:
        """Somebody has just acted on it, which was not undone, nor has it failed again since."""
        if self.mark is None or self.mark.item.taken_back:
            return False
        return self.task.epoch == self.mark.item.epoch or self.state.slug not in TROUBLED

    @property
    def moment(self) -> datetime | None:
        """The time that the tab orders by; None for a row that has left it, and will not run at that time any more."""
        value: datetime | None = None if getattr(self.task, "has_left", False) else self.task.key
        return value

    @property
    def waited(self) -> timedelta | None:
        return None if self.task.status == Task.QUEUED else wait_time(self.task, self.now)

    @property
    def ran(self) -> timedelta | None:
        began = self.task.started and self.task.status != Task.QUEUED
        return run_time(self.task, self.now) if began else None

    @property
    def used_up(self) -> bool:
        return bool(self.task.status == Task.FAILED and self.task.attempt >= self.task.max_attempts > 0)

    @property
    def worker(self) -> str:
        if not self.task.worker or self.task.status == Task.QUEUED:
            return ""
        known = self.fleet.workers.get(self.task.worker)
        return visible(str(known)) if known else str(self.task.worker)[-8:]

    @property
    def next_attempt(self) -> int:
        return int(self.task.attempt) + 1

    @property
    def short_id(self) -> str:
        return str(self.task.pk)[-8:]

    @property
    def cancel_word(self) -> str:
        """What ending this task is called: a waiting one is cancelled, a running one stopped, after a question."""
        if self.waits_to_retry:
            return _("Give up")
        return _("Stop…") if self.task.status == Task.PROGRESS else _("Cancel")

    @property
    def can_fail(self) -> bool:
        return self.stalled and self.viewer.cancel and self.is_theirs

    @property
    def waits_to_retry(self) -> bool:
        return self.waits and self.state is RETRYING

    @property
    def can_run_now(self) -> bool:
        return self.can_start and self.waits_to_retry

    @property
    def tick(self) -> str:
        """What the row's box says: when it has changed, it is not the row any more that was ticked."""
        return tick(self.task.pk, self.task.modified)

    @property
    def seen(self) -> str:
        """What the row's buttons say: as of when the task is shown."""
        return spelled(self.task.modified)


def make_row(task: Any, viewer: Viewer, fleet: Fleet, mark: Mark | None) -> Row:
    return Row(task, viewer, fleet, timezone.now(), mark, viewer.terms.refusal("requeue", task))
