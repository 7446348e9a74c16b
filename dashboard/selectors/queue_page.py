"""One queue in one picture: what waits in it, what flows, who serves it, and whether it is paused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.selectors import flow
from dashboard.selectors.named import COLUMNS, LATEST, Row
from dashboard.selectors.serving import known_queues, pause_of, remedy, serves, standstill, takes
from dashboard.selectors.timeline import run_time, wait_time
from dashboard.states import state_of
from dashboard.wording import worker_command
from django_simple_queue.models import QueuePause, Task, Worker

MOST_WORKERS = 200


@dataclass(frozen=True, slots=True)
class QueuePage:
    name: str
    now: datetime
    flow: flow.Flow
    mix: Sequence[tuple[str, int]]
    workers: Sequence[Worker]
    pause: QueuePause | None
    rows: Sequence[Row]

    @property
    def claiming(self) -> Sequence[Worker]:
        """The workers that take tasks of it now."""
        return [worker for worker in self.workers if takes(worker, self.name)]

    @property
    def standstill(self) -> str:
        """Why no worker takes from it although some serve it."""
        return standstill(self.workers)

    @property
    def remedy(self) -> str:
        return remedy(self.workers)

    @property
    def command(self) -> str:
        """What starts a worker for it."""
        return worker_command(self.name)

    @property
    def slots(self) -> int:
        return sum(worker.slots for worker in self.claiming)

    @property
    def age(self) -> timedelta | None:
        return self.now - self.flow.oldest if self.flow.oldest else None

    @property
    def left(self) -> float | None:
        """Seconds until all that waits has gone; None while it does not shrink."""
        return self.flow.seconds_for(self.flow.waiting) if self.flow.waiting else None

    @property
    def grows(self) -> bool:
        return flow.outgrows(self.flow.waiting, self.flow.coming, self.flow.going)


def queue_page(name: str, pauses: Sequence[QueuePause], now: datetime) -> QueuePage | None:
    """Return the picture of the queue ``name``; None when no task, worker, pause or option speaks of it."""
    tasks = list(Task.objects.filter(queue=name).only(*COLUMNS).order_by("-created", "-id")[:LATEST])
    live = list(Worker.objects.at_work().order_by("host", "pid")[:MOST_WORKERS])
    pause = pause_of(name, pauses)
    if not tasks and pause is None and name not in known_queues(live):
        return None
    return QueuePage(
        name=name,
        now=now,
        flow=flow.flow(name, now),
        mix=flow.next_names(name),
        workers=[worker for worker in live if serves(worker, name)],
        pause=pause,
        rows=[Row(task, state_of(task), wait_time(task, now), run_time(task, now)) for task in tasks],
    )
