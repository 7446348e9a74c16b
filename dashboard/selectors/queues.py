"""The queues: how deep each is, how fast it fills and empties, whether it is paused, and who serves it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.deadline import TookTooLong, deadline
from dashboard.formats import CAP
from dashboard.selectors.due import due_queues, next_of_queue
from dashboard.selectors.rates import by_queue, per_minute
from dashboard.selectors.scalars import as_moment
from dashboard.selectors.serving import known_queues, serves, standstill
from dashboard.selectors.workers import Crew, Member
from dashboard.statements import Sql, rows
from django_simple_queue.models import QueuePause

SECONDS = 0.5
MOST_QUEUES = 40
MOST_WAITING = 1000
WORTH_SAYING = 20
Depth = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One queue; a number that took too long to find is None, ``came`` and ``went`` are tasks per minute."""

    name: str
    depth: int | None
    oldest: datetime | None
    came: float | None
    went: float | None
    pause: QueuePause | None
    servers: Sequence[Member]

    @property
    def unserved(self) -> bool:
        return not self.servers

    @property
    def standstill(self) -> str:
        """Why no worker takes from it although some serve it, "" when one does."""
        return standstill([member.worker for member in self.servers])

    @property
    def grows(self) -> bool:
        """Tell whether more comes in than goes out while many wait."""
        return (self.depth or 0) > WORTH_SAYING and (self.came or 0) > 1.2 * (self.went or 0)


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues that matter most, by name, and how many ``more`` there are."""

    lines: Sequence[Line]
    more: int


def queues(crew: Crew, paused: Iterable[QueuePause], now: datetime) -> Queues:
    """Return a line for each queue that is served, declared, paused, or has something to claim."""
    pauses = {pause.queue: pause for pause in paused}
    known = {*known_queues(member.worker for member in crew.members), *pauses} - {QueuePause.ALL}
    try:
        with deadline(SECONDS):
            waiting = {*due_queues(MOST_WAITING)}
            names = most_important(known | waiting, pauses, waiting)
            depths, came, went = read(names, now)
    except TookTooLong:
        names = most_important(known, pauses)
        return Queues([line(name, crew, pauses, None, None, None) for name in names], len(known) - len(names))
    lines = [line(name, crew, pauses, depths[name], came.get(name, 0.0), went.get(name, 0.0)) for name in names]
    return Queues(lines, len(known | waiting) - len(names))


def most_important(names: Collection[str], *groups: Collection[str]) -> list[str]:
    """Return the names that fit, those of the first group first in line, then those of the next; in order of names."""
    first = sorted(names, key=lambda name: (*(name not in group for group in groups), name))
    return sorted(first[:MOST_QUEUES])


def line(
    name: str,
    crew: Crew,
    pauses: Mapping[str, QueuePause],
    depth: Depth | None,
    came: float | None,
    went: float | None,
) -> Line:
    servers = [member for member in crew.alive if serves(member.worker, name)]
    pause = pauses.get(name) or pauses.get(QueuePause.ALL)
    return Line(name, depth and depth[0], depth and depth[1], came, went, pause, servers)


def read(names: Sequence[str], now: datetime) -> tuple[Mapping[str, Depth], Mapping[str, float], Mapping[str, float]]:
    """Return how deep each queue is, and what came in and went out lately."""
    parts = [depth(name) for name in names] + [by_queue(column, now) for column in ("created", "finished")]
    found = rows(" UNION ALL ".join(sql for sql, _ in parts), [param for _, params in parts for param in params])
    depths = {name: (count, as_moment(oldest)) for kind, name, count, oldest in found if kind == "depth"}
    return depths, per_minute(found, "created", now), per_minute(found, "finished", now)


def depth(name: str) -> Sql:
    """Ask how many tasks may be claimed, up to one more than the cap, and since when the oldest of those waits."""
    due = next_of_queue("run_after", CAP + 1)
    return f"SELECT 'depth', %s, COUNT(*), MIN(run_after) FROM ({due}) examined", (name, name)
