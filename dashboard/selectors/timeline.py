"""The life of one task as stretches of time: every round, attempt and wait that the tables know of, to scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import states
from dashboard.states import State
from django_simple_queue.models import Attempt, Task

OUTCOMES = {
    "running": states.PROGRESS,
    "completed": states.COMPLETED,
    Attempt.Outcome.FAILED: states.FAILED,
    Attempt.Outcome.TIMED_OUT: State("timed_out", gettext_noop("Timed out"), "failed", "clock"),
    Attempt.Outcome.CRASHED: State("crashed", gettext_noop("Crashed"), "failed", "failed"),
    Attempt.Outcome.LOST: State("lost", gettext_noop("Lost"), "warn", "lost"),
    Attempt.Outcome.INTERRUPTED: State("interrupted", gettext_noop("Interrupted"), "warn", "pause"),
    Attempt.Outcome.CANCELLED: states.CANCELLED,
}
ENDINGS = {
    Task.COMPLETED: "completed",
    Task.FAILED: Attempt.Outcome.FAILED,
    Task.CANCELLED: Attempt.Outcome.CANCELLED,
}
PAUSES = {
    "wait": State("wait", gettext_noop("waited"), "queued", "queued"),
    "backoff": State("backoff", gettext_noop("backoff"), "scheduled", "scheduled"),
    "rest": State("rest", gettext_noop("until requeued"), "cancelled", "pause"),
}
NARROWEST = 1.6
WIDEST_PAUSE = 30.0
LABEL_FROM = 7.0
PHONE_LABEL_FROM = 24.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """``kind`` is "wait", "backoff", "rest" (between two rounds) or "run"; an open one lasts until now."""

    kind: str
    start: datetime
    end: datetime
    outcome: str = ""
    attempt: int = 0
    round: int = 1
    open: bool = False
    ahead: bool = False

    @property
    def seconds(self) -> float:
        return max((self.end - self.start).total_seconds(), 0.0)

    @property
    def state(self) -> State:
        return OUTCOMES.get(self.outcome) or PAUSES[self.kind]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch with its place on the line, in percent; ``broken`` when it is drawn shorter than it was."""

    stretch: Stretch
    x: float
    width: float
    broken: bool

    @property
    def left(self) -> str:
        return f"{self.x:.2f}%"

    @property
    def across(self) -> str:
        return f"{self.width:.2f}%"

    @property
    def middle(self) -> str:
        return f"{self.x + self.width / 2:.2f}%"

    @property
    def labelled(self) -> str:
        """Where the label fits: "all", "wide" screens only, or "" nowhere."""
        return "all" if self.width >= PHONE_LABEL_FROM else "wide" if self.width >= LABEL_FROM else ""


def timeline(
    task: Task, attempts: Sequence[Attempt], requeued: Sequence[datetime], now: datetime, *, whole: bool = True
) -> list[Bar]:
    """Return the bars of the task's line. ``attempts`` by epoch, ``requeued`` the times of its requeues, rising.

    Unless they are the ``whole`` of them, the line begins with the first: what was before it is not known.
    """
    begin = None if whole else attempts[0]
    found = stretches(task, attempts, requeued, now, begin)
    return list(placed([stretch for stretch in found if stretch.kind == "run" or stretch.seconds > 0]))


@dataclass(frozen=True, slots=True)
class Run:
    """A line of the table of attempts: the run and the pause before it."""

    stretch: Stretch
    waited: float | None


def runs(bars: Sequence[Bar]) -> list[Run]:
    """Return the runs on the line, newest first."""
    before = [None, *(bar.stretch for bar in bars)]
    found = [(bar.stretch, pause) for bar, pause in zip(bars, before, strict=False) if bar.stretch.kind == "run"]
    return [Run(run, pause.seconds if pause and pause.kind != "run" else None) for run, pause in reversed(found)]


def in_words(bars: Sequence[Bar]) -> str:
    """Return the line as a sentence, for those who do not see it."""
    return _(", then ").join(spoken(bar.stretch) for bar in bars)


def spoken(stretch: Stretch) -> str:
    words = {"attempt": stretch.attempt, "state": stretch.state.label.lower(), "seconds": f"{stretch.seconds:,.1f}"}
    run = stretch.kind == "run"
    return (_("attempt %(attempt)s %(state)s %(seconds)s s") if run else _("%(state)s %(seconds)s s")) % words


def stretches(
    task: Task, attempts: Sequence[Attempt], requeued: Sequence[datetime], now: datetime, begin: Attempt | None
) -> Iterator[Stretch]:
    free, number = (beginning(begin), begin.round) if begin else (task.created, 0)
    for attempt in attempts:
        started = beginning(attempt)
        yield from pause(free, started, number, attempt.round, requeued)
        yield Stretch("run", started, attempt.finished, attempt.outcome, attempt.attempt, attempt.round)
        free, number = attempt.finished, attempt.round
    told = bool(attempts) and attempts[-1].epoch == task.epoch and task.status != Task.QUEUED
    yield from () if told else latest(task, free, number, requeued, now)


def beginning(attempt: Attempt) -> datetime:
    return attempt.started or attempt.finished


def latest(task: Task, free: datetime, number: int, requeued: Sequence[datetime], now: datetime) -> Iterator[Stretch]:
    """Yield what has happened since the last attempt that left a row: the present run, a success, or a wait."""
    if task.status == Task.QUEUED:
        retrying = task.attempt > 0
        yield from pause(free, now, number, number + (not retrying), requeued, open=True)
        if task.run_after > now:
            yield Stretch("backoff" if retrying else "wait", now, task.run_after, ahead=True)
    elif task.status in (Task.PROGRESS, Task.COMPLETED) or (task.started and task.started >= free):
        yield from final_run(task, free, number, requeued, now)
    elif task.finished and task.finished > free:
        yield from pause(free, task.finished, number, number, requeued)


def final_run(
    task: Task, free: datetime, number: int, requeued: Sequence[datetime], now: datetime
) -> Iterator[Stretch]:
    running = task.status == Task.PROGRESS
    end = now if running else task.finished or task.modified
    started = task.started or (task.modified if running else end)
    present = number + (task.attempt <= 1)
    yield from pause(free, started, number, present, requeued)
    yield Stretch("run", started, end, ENDINGS.get(task.status, "running"), task.attempt, present, open=running)


def pause(
    start: datetime, end: datetime, before: int, after: int, requeued: Sequence[datetime], *, open: bool = False
) -> Iterator[Stretch]:
    """Yield the time between two runs of the rounds ``before`` and ``after``; 0 is what comes before the first round.

    Between two rounds the task rests until somebody requeues it; within one the wait is its backoff.
    """
    if before and after > before:
        asked = next((time for time in requeued if start <= time <= end), start)
        yield Stretch("rest", start, asked, round=before)
        yield Stretch("wait", asked, end, round=after, open=open)
    else:
        yield Stretch("backoff" if before else "wait", start, end, round=after, open=open)


def placed(stretches: Sequence[Stretch]) -> Iterator[Bar]:
    """Yield the stretches from 0 to 100, to scale, save that none gets too thin to see and no pause takes the line."""
    shares = squeezed([stretch.seconds for stretch in stretches], [stretch.kind != "run" for stretch in stretches])
    total = sum(stretch.seconds for stretch in stretches) or 1.0
    x = 0.0
    for stretch, width in zip(stretches, shares, strict=True):
        yield Bar(stretch, round(x, 3), round(width, 3), width < 0.8 * 100 * stretch.seconds / total)
        x += width


def squeezed(seconds: Sequence[float], pauses: Sequence[bool]) -> list[float]:
    total = sum(seconds) or 1.0
    shares = [100 * each / total for each in seconds]
    busy = not all(pauses)
    capped = [
        min(share, WIDEST_PAUSE) if pause and busy else share for share, pause in zip(shares, pauses, strict=True)
    ]
    scale = 100 / (sum(capped) or 1.0)
    widths = [max(share * scale, min(NARROWEST, 100 / len(shares))) for share in capped]
    return [100 * width / sum(widths) for width in widths]


def run_time(task: Task, now: datetime) -> timedelta | None:
    """Return how long the latest run took, or has taken so far."""
    if task.status == Task.PROGRESS:
        return now - (task.started or task.modified)
    if not task.started or not task.finished or ended_waiting(task):
        return None
    return task.finished - task.started


def wait_time(task: Task, now: datetime) -> timedelta | None:
    """Return how long the latest run waited for a worker once it might start."""
    ready = max(task.created, task.run_after)
    if task.status == Task.QUEUED:
        return now - ready if now > ready else None
    return max(task.started - ready, timedelta()) if task.started and not ended_waiting(task) else None


def ended_waiting(task: Task) -> bool:
    """Tell whether it was cancelled while it waited to run once more: ``started`` is that of an earlier run."""
    return bool(task.status == Task.CANCELLED and task.started and task.run_after > task.started)
