"""What may need somebody, beyond the plain counts: a failure that repeats, queues that nobody serves or that grow."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.selectors.due import due_queues
from dashboard.selectors.flow import Flow, flow
from dashboard.selectors.judgements import WITHIN, Judgements
from dashboard.selectors.serving import RUNNING, Service, queues_of, service
from django_simple_queue.models import QueuePause, Task, Worker

LASTS_SECONDS = 5.0
SAME_EPISODE = timedelta(hours=1)
LATELY = timedelta(minutes=5)
FAILURES_READ = 1000
WORTH_SAYING = 3
QUEUED_READ = 300
BACKLOG = 100
MOST_QUEUES = 50
MOST_ASKED = 3


@dataclass(frozen=True, slots=True)
class Repeating:
    """Failures that are the same: how many without a pause of an hour, since when, and how many in five minutes."""

    task: str
    error_class: str
    fingerprint: str
    count: int
    since: datetime
    latest: datetime
    lately: int
    more: bool

    @property
    def per_minute(self) -> float:
        return self.lately / (LATELY.total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Trouble:
    failing: Repeating | None = None
    unserved: Sequence[Service] = ()
    growing: tuple[str, Flow] | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """How many of the last quarter of an hour nobody has handled, and what is decided about their groups."""

    lately: int = 0
    judged: Judgements = field(default_factory=Judgements)


NO_TROUBLE = Trouble()


class Memory:
    """What was found a moment ago; looked for anew after five seconds, for all pages of this process."""

    def __init__(self) -> None:
        self.until, self.latest = float("-inf"), NO_TROUBLE

    def get(self, now: datetime, workers: Collection[Worker], failures: Failures, queued: int) -> Trouble:
        if time.monotonic() > self.until:
            self.latest = look(now, workers, failures, queued)
            self.until = time.monotonic() + LASTS_SECONDS
        return self.latest

    def forget(self) -> None:
        self.until = float("-inf")


trouble = Memory()


def look(now: datetime, workers: Collection[Worker], failures: Failures, queued: int) -> Trouble:
    return Trouble(
        failing=failing(now, failures.judged) if failures.lately >= WORTH_SAYING else None,
        unserved=tuple(unserved(workers)) if queued else (),
        growing=growing(now) if queued >= BACKLOG else None,
    )


def failing(now: datetime, judged: Judgements) -> Repeating | None:
    """Return the group that fails most among the newest failures, when it has failed a few times lately."""
    rows = Task.objects.filter(status=Task.FAILED, finished__gte=now - WITHIN).exclude(fingerprint="")
    newest = judged.left(rows).order_by("-finished", "-id")
    found: list[Any] = list(newest.values_list("fingerprint", "task", "error_class", "finished")[:FAILURES_READ])
    lately = Counter(row[0] for row in found if row[3] >= now - 3 * LATELY)
    if not lately or max(lately.values()) < WORTH_SAYING:
        return None
    fingerprint = lately.most_common(1)[0][0]
    return grouped([row for row in found if row[0] == fingerprint], now, len(found) == FAILURES_READ)


def grouped(rows: Sequence[Any], now: datetime, capped: bool) -> Repeating:
    fingerprint, task, error_class, latest = rows[0]
    times = list(episode([row[3] for row in rows]))
    lately = sum(moment >= now - LATELY for moment in times)
    return Repeating(
        task, error_class, fingerprint, len(times), times[-1], latest, lately, more=capped and len(times) == len(rows)
    )


def episode(times: Iterable[datetime]) -> Iterator[datetime]:
    """Yield times, the newest first, until there was a pause of an hour."""
    last = None
    for moment in times:
        if last and last - moment > SAME_EPISODE:
            return
        last = moment
        yield moment


def unserved(workers: Collection[Worker]) -> list[Service]:
    """Return queues at a standstill that have tasks which may start; without any worker nothing is said of one."""
    if not workers or any(worker.state == RUNNING and not queues_of(worker) for worker in workers):
        return []
    left = [name for name in due_queues(MOST_QUEUES) if service(name, workers).is_at_a_standstill]
    pauses = list(QueuePause.objects.current()) if left else []
    return [found for name in left if (found := service(name, workers, pauses)).is_at_a_standstill]


def growing(now: datetime) -> tuple[str, Flow] | None:
    """Return a queue with its flow when more comes in than goes out, of those that most of the newest tasks wait in."""
    newest = Task.objects.queued().order_by("-created", "-id").values_list("queue", flat=True)[:QUEUED_READ]
    flows = ((name, flow(name, now)) for name, _ in Counter(newest).most_common(MOST_ASKED))
    return next(((name, found) for name, found in flows if grows(found)), None)


def grows(found: Flow) -> bool:
    return found.waiting >= BACKLOG and found.coming >= 1.2 * found.going + 10
