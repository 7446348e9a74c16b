"""The state of the whole queue in a few statements, made once in a second or a few in a process, for all its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from dashboard.deadline import TookTooLong, deadline
from dashboard.filters import ENDED
from dashboard.formats import CAP
from dashboard.selectors import backlog, marks, scalars
from dashboard.selectors import open_groups as groups
from dashboard.selectors.fingerprints import Found, latest_ungrouped
from dashboard.selectors.fleet import Fleet, newest_workers, standing
from dashboard.selectors.judgements import Judgements, judgements
from dashboard.selectors.keyset import undated
from dashboard.selectors.memory import Memory, lasts, lasts_at_least
from dashboard.selectors.minutes import WINDOW, minutes
from dashboard.selectors.open_groups import NO_GROUPS, OpenGroups
from dashboard.selectors.scalars import Questions, as_moment, capped_count, first_value, latest, total
from dashboard.selectors.serving import known_queues
from dashboard.selectors.trouble import NO_TROUBLE, Failures, Trouble, trouble
from dashboard.states import CONDITIONS
from dashboard.tags import tag_of
from django_simple_queue.models import Attempt, OperatorAction, Task, Worker
from django_simple_queue.models.primary import alias

LASTS_FOR_NAVIGATION = timedelta(minutes=1)
DEADLINE_SECONDS = 1.5
SAMPLE = 200
RUNNING_SHOWN = 200
COUNTED = ("progress", "completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``counts`` by tab, capped; ``minutes`` are the tasks that ended in each of the last whole minutes.

    ``ended_lately`` is None when more ended than are counted; ``came_lately`` were created within the last minute; of
    what ``failed_lately`` nobody has handled ``alarming``;
    ``ungrouped``: some failures are in no group; ``undated``: some tasks have ended without a time; ``stalled`` are in
    progress although no live worker holds them. ``last_claim`` is when a worker last began a task, whatever became of
    it. ``held`` wait in paused queues, and are not the ``oldest_queued``. Pictures of one ``name`` show the same.
    """

    taken: datetime
    counts: dict[str, int | None]
    fleet: Fleet
    running: tuple[tuple[object, ...], ...] = ()
    oldest_queued: datetime | None = None
    newest_created: datetime | None = None
    newest_finished: datetime | None = None
    held: int = 0
    failed_lately: int = 0
    alarming: int = 0
    ended_lately: int | None = 0
    minutes: tuple[int, ...] = ()
    run_seconds: tuple[float, ...] = ()
    wait_seconds: tuple[float, ...] = ()
    open_groups: OpenGroups = NO_GROUPS
    ungrouped: bool = False
    undated: bool = True
    stalled: int = 0
    deeds: Sequence[marks.Deed] = ()
    mark: datetime | None = None
    came_lately: int = 0
    last_claim: datetime | None = None
    trouble: Trouble = NO_TROUBLE
    complete: bool = True
    name: str = ""

    @classmethod
    def empty(cls) -> Snapshot:
        """Return the picture of which nothing is known."""
        return cls(timezone.now(), dict.fromkeys(["", *CONDITIONS]), Fleet(), complete=False)

    @property
    def queues(self) -> list[str]:
        """The queues that are known without asking the big table: from the allowlist and the workers."""
        return sorted(known_queues(self.fleet.workers.values()))


memory = Memory(lambda: take(), lasts, lasts_at_least)


def current() -> Snapshot:
    """Return a picture of the queue that is at most a few seconds old, with the operator actions of this moment.

    What operators did is in its numbers at once, unless it took long to make.
    """
    deeds = marks.deeds()
    return replace(memory.get(deeds), deeds=deeds)


def open_groups() -> OpenGroups:
    """Return how many groups of failures need somebody: from a picture of the last minute, else counted alone."""
    latest = memory.latest
    if latest and timezone.now() - latest.taken < LASTS_FOR_NAVIGATION:
        return latest.open_groups
    try:
        with deadline(DEADLINE_SECONDS):
            found = groups.to_count()
            return groups.count_alone(found, judged(found, timezone.now()))
    except TookTooLong:
        return NO_GROUPS


def last_action() -> int:
    return OperatorAction.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def take() -> Snapshot:
    """Ask the database; without an answer in time the numbers are missing, not wrong."""
    now = timezone.now()
    try:
        with deadline(DEADLINE_SECONDS):
            return named(picture(now))
    except TookTooLong:
        return Snapshot.empty()


def named(picture: Snapshot) -> Snapshot:
    """Give ``picture`` a name that is another one when pages would show something else, its age aside."""
    name = tag_of(
        picture.counts,
        picture.running,
        picture.failed_lately,
        picture.open_groups,
        picture.alarming,
        picture.minutes[-1:],
        picture.newest_created,
        picture.newest_finished,
        sorted(worker.pk for worker in picture.fleet.live),
    )
    return replace(picture, name=name)


def picture(now: datetime) -> Snapshot:
    found = groups.to_count()
    decided = judged(found, now)
    tables = {**backlog.tables(now), "unhandled_rows": groups.table(found, decided)}
    answers = scalars.ask({**always(alias()), **of_now(now, decided)}, tables)
    tabs = {**answers, **{f"tab {tab}": number for tab, number in backlog.counts(answers).items()}}
    runs = list(recent_runs(now))
    workers = {worker.pk: worker for worker in newest_workers()}
    closed = max(int(answers["standing"]) - answers["held_standing"], 0)
    fleet = Fleet(workers, as_moment(answers["now"]), answers["alive"], int(answers["slots"]), closed)
    return Snapshot(
        taken=now,
        counts={tab: tabs[f"tab {tab}"] for tab in ["", *CONDITIONS]},
        fleet=fleet,
        running=tuple(running_rows()),
        oldest_queued=as_moment(answers["oldest"]),
        newest_created=as_moment(answers["created"]),
        newest_finished=as_moment(answers["finished"]),
        held=int(answers["held"] or 0),
        failed_lately=answers["failed"],
        alarming=answers["alarming"],
        minutes=minutes.told(now, answers),
        ended_lately=minutes.in_window(now, answers),
        run_seconds=tuple(sorted((end - start).total_seconds() for start, end, _ in runs)),
        wait_seconds=tuple(sorted(max((start - ready).total_seconds(), 0.0) for start, _, ready in runs)),
        open_groups=groups.open_groups(found, decided, answers),
        ungrouped=answers["ungrouped"] is not None,
        undated=any(answers[f"undated {tab}"] is not None for tab in ENDED),
        stalled=answers["stalled"],
        mark=as_moment(answers["now"]),
        last_claim=max(filter(None, (as_moment(answers[name]) for name in begun())), default=None),
        came_lately=answers["came"],
        trouble=trouble.get(now, fleet.live, Failures(answers["alarming"], decided), tabs["tab queued"]),
    )


def judged(found: Sequence[Found], now: datetime) -> Judgements:
    return judgements([each.fingerprint for each in found], now)


@cache
def always(using: str) -> Questions:
    """Return the questions that are the same for every picture; to compile them takes longer than some answers."""
    rows = Task.objects.all()
    columns = {**backlog.COLUMNS, **groups.COLUMNS}
    return {
        "now": rows.query.get_compiler(using=using).compile(Now()),
        "tab ": capped_count(rows),
        **{f"tab {tab}": capped_count(rows.filter(CONDITIONS[tab])) for tab in COUNTED},
        "alive": capped_count(Worker.objects.at_work()),
        "slots": total(Worker.objects.at_work(), "slots"),
        "standing": total(standing(), "slots"),
        "held_standing": capped_count(Task.objects.running().filter(worker__in=standing().values("pk"))),
        "stalled": capped_count(Task.objects.unowned()),
        **{name: (column, ()) for name, column in columns.items()},
        "created": first_value(rows.order_by("-created", "-id"), "created"),
        "finished": first_value(rows.filter(finished__isnull=False).order_by("-finished", "-id"), "finished"),
        "ungrouped": first_value(latest_ungrouped(), "pk"),
        **{f"undated {tab}": first_value(undated_on(tab), "pk") for tab in ENDED},
        **{name: latest(rows, "started", among) for name, (rows, among) in begun().items()},
    }


def of_now(now: datetime, decided: Judgements) -> Questions:
    failed = Task.objects.filter(finished__gte=now - WINDOW, status=Task.FAILED)
    return {
        **minutes.questions(now),
        "failed": capped_count(failed),
        "alarming": capped_count(decided.left(failed)),
        "came": capped_count(Task.objects.filter(created__gte=now - timedelta(minutes=1))),
    }


def undated_on(tab: str) -> QuerySet[Task]:
    """In the order of the index, or PostgreSQL may look for one that is rare by reading the table."""
    return undated(Task.objects.filter(CONDITIONS[tab])).order_by("-finished", "-id")


def begun() -> dict[str, tuple[QuerySet[Any], int]]:
    """Return where the latest begin of a run is to be found, by name, and among how many rows.

    What ended after the run that began last was running then, so it takes no more rows than there are slots.
    """
    completed = Task.objects.filter(status=Task.COMPLETED, finished__isnull=False).order_by("-finished", "-id")
    return {
        "began_running": (Task.objects.running(), CAP),
        "began_completed": (completed, SAMPLE),
        "began_tried": (Attempt.objects.order_by("-pk"), SAMPLE),
    }


def recent_runs(now: datetime) -> QuerySet[Task, tuple[Any, Any, datetime]]:
    """Return (started, finished, could have started) of the latest completed runs of the last hour."""
    recent = Task.objects.filter(finished__gte=now - timedelta(hours=1), status=Task.COMPLETED, started__isnull=False)
    return recent.order_by("-finished", "-id").values_list("started", "finished", "run_after")[:SAMPLE]


def running_rows() -> QuerySet[Task, tuple[object, ...]]:
    columns = ("id", "epoch", "progress", "progress_message", "cancel_requested", "started", "worker")
    return Task.objects.running().order_by("-created", "-id").values_list(*columns)[:RUNNING_SHOWN]
