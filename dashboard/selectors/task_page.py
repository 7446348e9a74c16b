"""All that the page of one task shows, read in a handful of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Case, Q, Value, When
from django.db.models.functions import Now

from dashboard.ids import spelled
from dashboard.selectors import diagnosis, payload
from dashboard.selectors.attempts import Said, attempts_of, earlier, unread
from dashboard.selectors.call import MOST_ARGUMENTS, call_of
from dashboard.selectors.endings import Ending, ending
from dashboard.selectors.payload import FrameGroup, Token
from dashboard.selectors.runs import Runs, latest_runs
from dashboard.selectors.timeline import Bar, Run, in_words, run_time, runs, timeline, wait_time
from dashboard.selectors.windows import Window, window, with_windows
from dashboard.shell import url_or_nothing
from dashboard.states import QUEUED, State, is_held, state_of
from django_simple_queue import conf
from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, QueuePause, Task, Worker
from django_simple_queue.models.audit import would_restore
from django_simple_queue.payload import shown_key

HIDDEN = ("args", "positional", "output", "error", "log", "frames")
MOST_ACTIONS = 20
MOST_SIMILAR = 1000
SIMILAR_SINCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Payload:
    """What only operators with ``view_task_payload`` get: None in its place hides all of it."""

    arguments: Any
    tree: list[Token]
    call: str
    error: Window
    headline: tuple[str, str]
    stack: list[FrameGroup]
    output: Window
    log: Window


@dataclass(frozen=True, slots=True)
class TaskPage:
    task: Task
    now: datetime
    payload: Payload | None
    attempts: Sequence[Attempt]
    unread: int
    earlier: Sequence[Said]
    ending: Ending | None
    items: Sequence[OperatorActionItem]
    bars: Sequence[Bar]
    story: str
    runs: Sequence[Run]
    others: Runs
    worker: Worker | None
    reason: diagnosis.Reason | None
    similar: int
    waited: timedelta | None
    ran: timedelta | None
    children: Sequence[UUID] = field(default=())

    @property
    def state(self) -> State:
        return QUEUED if self.held else state_of(self.task, stalled=self.orphaned)

    @property
    def seen(self) -> str:
        """What the buttons say: as of when the task is shown."""
        return spelled(self.task.modified)

    @property
    def name(self) -> str:
        return self.task.task.rpartition(".")[2]

    @property
    def name_url(self) -> str:
        return url_or_nothing("simple_queue_dashboard:named", self.task.task)

    @property
    def similar_all(self) -> int:
        """How many failed in the same way within a day, this one too if it did; 0 for more than are counted."""
        this_one = self.task.finished is not None and self.task.finished > self.now - SIMILAR_SINCE
        return 0 if self.similar > MOST_SIMILAR else self.similar + this_one

    @property
    def similar_query(self) -> str:
        """The list's query for those that failed in the same way within a day."""
        return urlencode({"status": "failed", "fingerprint": self.task.fingerprint, "time": "24h"})

    @property
    def queue_url(self) -> str:
        return url_or_nothing("simple_queue_dashboard:queue", self.task.queue)

    @property
    def running(self) -> bool:
        return self.task.status == Task.PROGRESS

    @property
    def has_run(self) -> bool:
        return self.task.status in (Task.PROGRESS, Task.COMPLETED, Task.FAILED) or bool(self.runs)

    @property
    def key(self) -> str:
        return shown_key(self.task)

    @property
    def enqueued_here(self) -> bool:
        return any(item.action.verb == "enqueue" for item in self.items)

    @property
    def ahead(self) -> bool:
        """The line ends in the future."""
        return bool(self.bars) and self.bars[-1].stretch.ahead

    @property
    def rounds(self) -> int:
        return self.runs[0].stretch.round if self.runs else 0

    @property
    def spent(self) -> bool:
        """Failed, with no attempt left."""
        return self.task.status == Task.FAILED and self.task.attempt >= self.task.max_attempts

    @property
    def limit(self) -> int | None:
        """The hard time limit of a run in seconds, None without one."""
        return conf.get_task_timeout() if self.task.timeout is None else self.task.timeout or None

    @property
    def left(self) -> timedelta | None:
        """How long the run may still take, going by its progress so far."""
        done = self.task.progress or 0
        return self.ran * (100 - done) / done if self.ran and 0 < done < 100 else None

    @property
    def held(self) -> bool:
        """Queued by a requeue that may still be undone before it starts."""
        return self.undoable is not None and is_held(self.task, self.undoable.verb)

    @property
    def undoable(self) -> OperatorAction | None:
        """The latest action, when Undo would still put the task back."""
        item = self.items[0] if self.items else None
        return item.action if item and would_restore(item, self.task) else None

    @property
    def orphaned(self) -> bool:
        """In progress, and no live worker holds it."""
        return self.running and not (self.worker and self.worker.alive)  # type: ignore[attr-defined]


def read_task(pk: UUID, *, with_payload: bool, wider: str = "") -> Task | None:
    """Return the task with the ends of its texts, or, without ``with_payload``, with nothing of its payload."""
    tasks = Task.objects.filter(pk=pk)
    return (with_windows(tasks, wider) if with_payload else tasks.defer(*HIDDEN)).first()


def task_page(
    task: Task,
    items: Sequence[OperatorActionItem],
    pauses: Sequence[QueuePause],
    now: datetime,
    *,
    with_payload: bool,
    wider: str = "",
) -> TaskPage:
    """Return the picture of ``task`` at ``now``; ``read_task`` has read it, and ``actions_on`` its ``items``."""
    attempts = list(attempts_of(task, with_payload))
    requeued = sorted(item.action.created for item in items if item.action.verb == "requeue")
    before = unread(task, attempts)
    bars = timeline(task, attempts, requeued, now, whole=not before)
    worker = worker_of(task)
    return TaskPage(
        task=task,
        now=now,
        payload=read_payload(task, wider) if with_payload else None,
        attempts=attempts,
        unread=before,
        earlier=earlier(task, attempts),
        ending=ending(task, attempts, worker),
        items=items,
        bars=bars,
        story=in_words(bars),
        runs=runs(bars),
        others=latest_runs(task.task, task.pk),
        worker=worker,
        reason=diagnosis.reason(task, now, pauses),
        similar=similar_failures(task, now),
        waited=wait_time(task, now),
        ran=run_time(task, now),
        children=[item.created_task for item in items if item.created_task],
    )


def actions_on(task: Task) -> Sequence[OperatorActionItem]:
    """Return what people did to ``task``, newest first."""
    items = OperatorActionItem.objects.filter(task=task.pk).select_related("action")
    return list(items.order_by("-action")[:MOST_ACTIONS])


def worker_of(task: Task) -> Worker | None:
    alive = When(Q(state__in=Worker.LIVE_STATES, lease_until__gt=Now()), then=Value(True))
    rows = Worker.objects.annotate(alive=Case(alive, default=Value(False), output_field=BooleanField()))
    return rows.filter(pk=task.worker).first() if task.worker else None


def similar_failures(task: Task, now: datetime) -> int:
    """Return how many other tasks failed in the same way within a day, at most one more than MOST_SIMILAR."""
    if task.status != Task.FAILED or not task.fingerprint:
        return 0
    same = Task.objects.filter(status=Task.FAILED, fingerprint=task.fingerprint, finished__gt=now - SIMILAR_SINCE)
    return same.exclude(pk=task.pk)[: MOST_SIMILAR + 1].count()


def read_payload(task: Task, wider: str = "") -> Payload:
    arguments = payload.arguments(task, MOST_ARGUMENTS)
    error = window(task, "error", wider)
    return Payload(
        arguments=arguments,
        tree=payload.tree(arguments),
        call=call_of(task, arguments),
        error=error,
        headline=payload.headline(task, error),
        stack=payload.stack(task),
        output=window(task, "output", wider),
        log=window(task, "log", wider),
    )
