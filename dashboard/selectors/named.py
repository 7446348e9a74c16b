"""All runs of one task path in one picture: what it is, how it fares, how it fails, and what it did last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from dashboard.filter_words import NO_GROUP
from dashboard.formats import coarse
from dashboard.selectors.runs import as_delta, percentile
from dashboard.selectors.timeline import run_time, wait_time
from dashboard.selectors.trend import Trend, trend
from dashboard.signature import Call, describe
from dashboard.states import State, state_of
from django_simple_queue import conf
from django_simple_queue.models import Task

SAMPLE = 200
LATEST = 15
MOST_GROUPS = 8
COLUMNS = (
    "id task status queue created run_after due started finished modified attempt max_attempts epoch fingerprint "
    "error_class cancel_requested"
).split()


@dataclass(frozen=True, slots=True)
class Times:
    """p50 and p95 of how long the sampled runs took, or waited."""

    usual: timedelta | None
    slow: timedelta | None


@dataclass(frozen=True, slots=True)
class Kind:
    """Failures of one kind among the sampled tasks."""

    fingerprint: str
    error_class: str
    count: int
    latest: datetime
    example: Task

    @property
    def query(self) -> str:
        """The query that lists these failures, and those beyond the sample."""
        return urlencode({"status": "failed", "task": self.example.task, "fingerprint": self.fingerprint or NO_GROUP})


@dataclass(frozen=True, slots=True)
class Row:
    task: Task
    state: State
    waited: timedelta | None
    ran: timedelta | None


@dataclass(frozen=True, slots=True)
class NamedTask:
    """``call`` is None for a task outside the allowlist: nothing of it is imported."""

    path: str
    call: Call | None
    options: Sequence[tuple[str, str]]
    runbook: str
    trend: Trend
    sample: int
    since: datetime | None
    run: Times
    wait: Times
    groups: Sequence[Kind]
    rows: Sequence[Row]

    @property
    def is_sampled(self) -> bool:
        return self.sample == SAMPLE

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def named_task(path: str, window: str, now: datetime) -> NamedTask | None:
    """Return the picture of the task at ``path``; None when it is neither allowed nor was ever enqueued."""
    allowed = path in (conf.get_allowed_tasks() or ())
    tasks = list(Task.objects.filter(task=path).only(*COLUMNS).order_by("-created", "-id")[:SAMPLE])
    if not tasks and not allowed:
        return None
    ended = [task for task in tasks if task.status == Task.COMPLETED]
    return NamedTask(
        path=path,
        call=describe(path) if allowed else None,
        options=list(options_in_words(path)),
        runbook=conf.get_task_options(path).runbook,
        trend=trend(path, window, now),
        sample=len(tasks),
        since=tasks[-1].created if tasks else None,
        run=times([run_time(task, now) for task in ended]),
        wait=times([wait_time(task, now) for task in ended]),
        groups=groups([task for task in tasks if task.status == Task.FAILED]),
        rows=[Row(task, state_of(task), wait_time(task, now), run_time(task, now)) for task in tasks[:LATEST]],
    )


def times(values: Sequence[timedelta | None]) -> Times:
    seconds = sorted(value.total_seconds() for value in values if value is not None)
    return Times(as_delta(percentile(seconds, 0.5)), as_delta(percentile(seconds, 0.95)))


def groups(failed: Sequence[Task]) -> Sequence[Kind]:
    """Return the kinds of failure among ``failed``, newest first each, the most frequent kind first."""
    counts = Counter(task.fingerprint for task in failed)
    newest = {task.fingerprint: task for task in reversed(failed)}
    return [
        Kind(fingerprint, newest[fingerprint].error_class, count, ended(newest[fingerprint]), newest[fingerprint])
        for fingerprint, count in counts.most_common(MOST_GROUPS)
    ]


def ended(task: Task) -> datetime:
    return task.finished or task.modified


def options_in_words(path: str) -> Iterator[tuple[str, str]]:
    """Yield (what, how) for what the allowlist says of the task, and for the settings that hold otherwise."""
    options = conf.get_task_options(path)
    limit = options.timeout if options.timeout is not None else conf.get_task_timeout()
    tries = options.max_attempts or conf.get_max_attempts()
    yield _("Queue"), options.queue
    yield _("Priority"), str(options.priority)
    yield _("Time limit"), coarse(limit) if limit else _("none")
    yield _("Attempts"), _("one: it never runs twice by itself") if tries == 1 else _("up to %s") % tries
    if tries > 1:
        yield _("Between attempts"), backoff_in_words(options.backoff)
    yield _("Safe to repeat"), RERUN[options.rerun]()
    if options.secret_args:
        yield _("Kept secret"), ", ".join(options.secret_args)
    if options.permission:
        yield _("Needs permission"), options.permission


def backoff_in_words(backoff: conf.Backoff) -> str:
    if backoff is None:
        return _("longer after every attempt")
    return _("as its own function says") if callable(backoff) else ", ".join(coarse(step) for step in backoff)


RERUN = {
    "": lambda: _("it asks when a run ended without an answer"),
    "safe": lambda: _("yes"),
    "confirm": lambda: _("it asks first"),
    "never": lambda: _("no: it never runs twice"),
}
