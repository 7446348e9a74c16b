"""A believable fortnight: when calls arrived, how each of them ended, and two incidents."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from random import Random
from types import TracebackType

from dashboard.project.demo.catalogue import NAMED, Args, Kind, any_kind
from dashboard.project.demo.fleet import LEASE, Fleet
from dashboard.project.demo.ids import uuid7_at
from django_simple_queue.failure import Failure, from_exception
from django_simple_queue.models import Attempt, Task, Worker

DAYS = 14
OUTAGE = timedelta(hours=5, minutes=12)
FEED_CHANGED = timedelta(days=5, hours=7)
FEED_REPAIRED = FEED_CHANGED - timedelta(hours=3)
OPEN_FAILURES = timedelta(hours=30)
LOST = Failure("The worker that ran this task is gone, and nobody knows how far it came.", "WorkerLost")


class History:
    """The rows of the fortnight that ends ``now``: ``tasks`` and ``attempts``, not saved yet."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random = random
        self.now = now
        self.start = now - timedelta(days=DAYS)
        self.fleet = Fleet(random, self.start, now)
        self.tasks: list[Task] = []
        self.attempts: list[Attempt] = []
        for moment in arrivals(random, self.start, now):
            self.live_through(moment, any_kind(random))
        for minute in range(0, int(OUTAGE.total_seconds() // 60), 4):
            self.live_through(now - OUTAGE + timedelta(minutes=minute), NAMED["charge_invoice"])
        for minute in range(0, 180, 3):
            self.live_through(now - FEED_CHANGED + timedelta(minutes=minute), NAMED["import_orders"])
        self.lose_two()

    def live_through(self, created: datetime, kind: Kind) -> None:
        args = kind.args(self.random)
        task = self.row(created, kind, args)
        if self.random.random() < 0.006:
            return self.cancel(task)
        if self.incident(kind, args, created):
            return self.fail(task, kind, args)
        if kind.name == "resize_photos" and self.random.random() < 0.12:
            return self.time_out(task)
        while task.attempt < task.max_attempts and self.random.randrange(1000) < kind.failing:
            self.fail(task, kind, args)
        if task.status == Task.QUEUED:
            self.complete(task, kind, args)
        return None

    def incident(self, kind: Kind, args: Args, created: datetime) -> bool:
        if kind.name == "charge_invoice":
            return self.now - created < OUTAGE
        changed = FEED_REPAIRED < self.now - created <= FEED_CHANGED
        return kind.name == "import_orders" and changed and args["source"] == "northwind"

    def row(self, created: datetime, kind: Kind, args: Args) -> Task:
        options = kind.options
        task = Task(
            id=uuid7_at(created, self.random),
            created=created,
            modified=created,
            run_after=created,
            task=kind.path,
            args=json.dumps(args),
            queue=options.get("queue", "default"),
            priority=options.get("priority", 0),
            timeout=options.get("timeout"),
            max_attempts=options.get("max_attempts", 1),
        )
        self.tasks.append(task)
        return task

    def begin(self, task: Task, wait: float) -> Worker:
        """Let a worker claim the task ``wait`` seconds after it was due."""
        task.started = task.run_after + timedelta(seconds=wait)
        worker = self.fleet.at(task.started)
        task.worker, task.worker_pid, task.release = worker.id, worker.pid + self.random.randint(1, 9), worker.release
        task.attempt += 1
        task.epoch += 1
        return worker

    def end(self, task: Task, status: int, seconds: float) -> None:
        task.finished = min((task.started or task.run_after) + timedelta(seconds=seconds), self.now)
        task.modified = task.finished
        task.status = status

    def complete(self, task: Task, kind: Kind, args: Args) -> None:
        self.begin(task, self.random.expovariate(4))
        self.end(task, Task.COMPLETED, self.random.uniform(*kind.seconds))
        task.output = kind.output(self.random, args)
        task.error, task.error_class, task.fingerprint, task.frames = None, "", "", ""

    def fail(self, task: Task, kind: Kind, args: Args) -> None:
        self.begin(task, self.random.expovariate(4))
        self.end(task, Task.FAILED, self.random.uniform(*kind.seconds) / 2)
        failure, task.log = failure_of(kind, args)
        self.blame(task, failure, Attempt.Outcome.FAILED)
        if task.attempt < task.max_attempts:
            task.status = Task.QUEUED
            task.run_after = task.modified + timedelta(seconds=kind.options["backoff"][task.attempt - 1])

    def time_out(self, task: Task) -> None:
        self.begin(task, self.random.expovariate(4))
        self.end(task, Task.FAILED, task.timeout or 0)
        failure = Failure(f"Task timed out after {task.timeout} seconds", "TaskTimedOut")
        self.blame(task, failure, Attempt.Outcome.TIMED_OUT)

    def blame(self, task: Task, failure: Failure, outcome: str) -> None:
        task.error, task.error_class, task.frames = failure.error, failure.error_class, failure.frames
        task.fingerprint = failure.fingerprint(task.task)
        self.attempts.append(
            Attempt(
                task=task,
                epoch=task.epoch,
                attempt=task.attempt,
                worker=task.worker,
                worker_pid=task.worker_pid,
                started=task.started,
                finished=task.modified,
                outcome=outcome,
                error_class=failure.error_class,
                error=failure.error,
                log=task.log or "",
            )
        )
        task.worker_pid = None

    def cancel(self, task: Task) -> None:
        task.status = Task.CANCELLED
        task.finished = task.modified = min(task.created + timedelta(seconds=self.random.uniform(2, 40)), self.now)

    def lose_two(self) -> None:
        """Two runs that nobody finished: the machine that they ran on vanished."""
        lost = self.fleet.lost
        for name in ("build_report", "transfer_funds"):
            kind = NAMED[name]
            task = self.row(lost.heartbeat - timedelta(seconds=9), kind, kind.args(self.random))
            self.begin(task, 0.4)
            task.worker, task.release = lost.id, lost.release
            self.end(task, Task.FAILED, 11 + LEASE.total_seconds())
            self.blame(task, LOST, Attempt.Outcome.LOST)


def arrivals(random: Random, start: datetime, end: datetime) -> Iterator[datetime]:
    """Moments of a shop's day: quiet nights, a peak in the afternoon, slower week-ends."""
    moment = start
    while (moment := moment + timedelta(seconds=random.expovariate(rate(moment)))) < end - timedelta(minutes=2):
        yield moment


def rate(moment: datetime) -> float:
    """Calls per second."""
    hour = moment.hour + moment.minute / 60
    hourly = 4 + 24 * math.exp(-(((hour - 14) / 4.5) ** 2))
    return hourly * (0.6 if moment.weekday() >= 5 else 1) / 3600


def failure_of(kind: Kind, args: Args) -> tuple[Failure, str]:
    """Return what the task's own code raises for ``args``, and what it printed before."""
    with redirect_stdout(StringIO()) as printed:
        try:
            kind.fail(args)
        except Exception as error:
            return from_exception(error.with_traceback(without_seed(error))), printed.getvalue()
    raise AssertionError(f"{kind.name} did not fail for {args}")


def without_seed(error: Exception) -> TracebackType | None:
    """Return the traceback of ``error`` without the two frames of the seed that called the task's code."""
    trace = error.__traceback__
    for _ in range(2):
        trace = trace.tb_next if trace and trace.tb_next else trace
    return trace
