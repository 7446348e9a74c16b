"""The fleet: which workers live, what each is doing, and what became of those that are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Case, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from dashboard.selectors.scalars import ask, first_value
from dashboard.selectors.serving import queues_of
from dashboard.states import State
from django_simple_queue.models import OperatorAction, Task, Worker

Jobs = Mapping[UUID | None, Sequence[Task]]
MOST_WORKERS = 200
MOST_JOBS = 1000
JOBS_IN_A_ROW = 4
LOST_FOR = timedelta(hours=24)
STOPPED_FOR = timedelta(hours=1)
JOB_COLUMNS = ("pk", "task", "status", "worker", "started", "finished", "modified")
SETTLING = timedelta(seconds=5)

STATES = {
    Worker.State.RUNNING: State("running", gettext_noop("Running"), "completed", "completed"),
    Worker.State.DRAINING: State("draining", gettext_noop("Draining"), "warn", "draining"),
    Worker.State.PAUSED: State("paused", gettext_noop("Paused"), "queued", "pause"),
    Worker.State.STOPPED: State("stopped", gettext_noop("Stopped"), "queued", "cancelled"),
    Worker.State.LOST: State("lost", gettext_noop("Lost"), "failed", "lost"),
}
SILENT = State("silent", gettext_noop("Silent"), "failed", "lost")
ORDER = {slug: position for position, slug in enumerate(("silent", "lost", "running", "draining", "paused", "stopped"))}


@dataclass(frozen=True, slots=True)
class Member:
    """One worker as a row; ``jobs`` are the tasks that it runs, or, for a lost one, that were taken from it."""

    worker: Worker
    state: State
    jobs: Sequence[Task]
    finder: Worker | None = None

    @property
    def alive(self) -> bool:
        return self.state.slug in Worker.LIVE_STATES

    @property
    def stands(self) -> bool:
        """Tell whether somebody asked it to claim nothing."""
        return self.state.slug in (Worker.State.PAUSED, Worker.State.DRAINING)

    @property
    def failed_query(self) -> str:
        """The filter of those tasks that ended as failed because this worker was lost, "" when none did."""
        if not self.worker.ended or not any(job.status == Task.FAILED for job in self.jobs):
            return ""
        start, end = (self.worker.ended + sign * SETTLING for sign in (-1, 1))
        moments = {"since": start.isoformat(), "until": end.isoformat()}
        return urlencode({"status": "failed", "worker": self.worker.pk, **moments})

    @property
    def shown_jobs(self) -> Sequence[Task]:
        return self.jobs[:JOBS_IN_A_ROW]

    @property
    def more_jobs(self) -> int:
        return max(len(self.jobs) - JOBS_IN_A_ROW, 0)

    @property
    def used(self) -> int:
        return min(len(self.jobs), self.worker.slots)

    @property
    def ahead(self) -> int:
        """How many tasks it holds beyond its slots: they start as soon as one is free."""
        return len(self.jobs) - self.used if self.alive else 0

    @property
    def slots(self) -> Sequence[bool]:
        """A flag for each slot: used or free."""
        return [index < len(self.jobs) for index in range(min(self.worker.slots, 16))]

    @property
    def queues(self) -> Sequence[str]:
        return queues_of(self.worker)


@dataclass(frozen=True, slots=True)
class Crew:
    """``more_run``: not every running task was looked at, so a worker may run more than its ``jobs``."""

    members: Sequence[Member]
    more_run: bool = False

    @property
    def alive(self) -> Sequence[Member]:
        return [member for member in self.members if member.alive]

    @property
    def gone(self) -> Sequence[Member]:
        """Lost, or about to be found lost."""
        return [member for member in self.members if member.state.slug in ("lost", "silent")]

    @property
    def hosts(self) -> int:
        return len({member.worker.host for member in self.alive})

    @property
    def slots(self) -> int:
        return sum(member.worker.slots for member in self.alive)

    @property
    def used(self) -> int:
        return sum(member.used for member in self.alive)

    @property
    def ahead(self) -> int:
        return sum(member.ahead for member in self.alive)

    @property
    def free(self) -> int:
        return max(self.slots - self.used, 0)

    @property
    def queues(self) -> Sequence[str]:
        """The queues that are served by name; empty when some worker serves all of them."""
        if any(not member.queues for member in self.alive):
            return []
        return sorted({queue for member in self.alive for queue in member.queues})

    @property
    def newest_release(self) -> str:
        started = [(member.worker.started, member.worker.release) for member in self.alive if member.worker.release]
        return max(started, default=(None, ""))[1]

    @property
    def behind(self) -> int:
        """How many live workers run another release than the one started last."""
        return sum(member.worker.release != self.newest_release for member in self.alive)


def crew(now: datetime) -> Crew:
    """Return the live workers, those lost within a day and those stopped within an hour."""
    workers = list(recent_workers(now))
    running, more_run, taken = jobs_of(workers) if workers else ({}, False, {})
    known = {worker.pk: worker for worker in workers}
    members = [
        Member(
            worker=worker,
            state=state_of(worker),
            jobs=running.get(worker.pk) or taken.get(worker.pk, []),
            finder=known.get(worker.lost_by) if worker.lost_by else None,
        )
        for worker in workers
    ]
    members.sort(key=lambda member: (ORDER[member.state.slug], member.worker.host, member.worker.pid))
    return Crew(members, more_run)


def latest_news() -> tuple[object, ...]:
    """Return what changes when there is something new: the latest heartbeat and the latest operator action."""
    newest = {
        "beat": first_value(Worker.objects.order_by("-heartbeat"), "heartbeat"),
        "action": first_value(OperatorAction.objects.order_by("-pk"), "pk"),
    }
    return tuple(ask(newest).values())


def recent_workers(now: datetime) -> Sequence[Worker]:
    recent = (
        Q(state__in=Worker.LIVE_STATES)
        | Q(state=Worker.State.LOST, ended__gt=now - LOST_FOR)
        | Q(state=Worker.State.STOPPED, ended__gt=now - STOPPED_FOR)
    )
    held = Case(When(lease_until__gt=Now(), then=Value(True)), default=Value(False), output_field=BooleanField())
    workers = Worker.objects.filter(recent, slots__gt=0)
    return list(workers.annotate(held=held).order_by("-held", "-started")[:MOST_WORKERS])


def state_of(worker: Worker) -> State:
    """Return the state of a worker; one that should be alive but let its lease end is silent."""
    silent = worker.state in Worker.LIVE_STATES and not worker.held  # type: ignore[attr-defined]
    return SILENT if silent else STATES[Worker.State(worker.state)]


def jobs_of(workers: Sequence[Worker]) -> tuple[Jobs, bool, Jobs]:
    """Return by worker the tasks that run, whether more run, and the tasks that were taken from one that is lost."""
    running, more = jobs_by_worker([worker.pk for worker in workers])
    return running, more, taken_by_worker([worker for worker in workers if worker.state == Worker.State.LOST])


def jobs_by_worker(workers: Sequence[UUID]) -> tuple[Jobs, bool]:
    """Return the tasks that run, 1 000 at most, and whether there are more."""
    running = Task.objects.filter(status=Task.PROGRESS, worker__in=workers)
    found = list(running.only(*JOB_COLUMNS).order_by("started")[: MOST_JOBS + 1])
    return grouped(found[:MOST_JOBS]), len(found) > MOST_JOBS


def taken_by_worker(lost: Sequence[Worker]) -> Jobs:
    """Return the tasks that were settled in the moment when these workers were found lost."""
    moments = Q()
    for worker in lost:
        if worker.ended:
            moments |= Q(worker=worker.pk, finished__range=(worker.ended - SETTLING, worker.ended + SETTLING))
    if not moments:
        return {}
    return grouped(Task.objects.filter(moments).only(*JOB_COLUMNS)[:MOST_JOBS])


def grouped(tasks: Iterable[Task]) -> Jobs:
    found: dict[UUID | None, list[Task]] = defaultdict(list)
    for task in tasks:
        found[task.worker].append(task)
    return found
