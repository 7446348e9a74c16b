"""The queues: how deep each is, how fast it fills and empties, whether it is paused, and who serves it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from dashboard.deadline import TookTooLong, deadline
from dashboard.formats import CAP
from dashboard.selectors.due import due_queues, next_of_queue
from dashboard.selectors.flow import outgrows
from dashboard.selectors.rates import by_queue, per_minute
from dashboard.selectors.scalars import as_moment
from dashboard.selectors.serving import known_queues, serves, standstill
from dashboard.selectors.workers import Crew, Member, crew
from dashboard.statements import Sql, rows
from django_simple_queue.models import QueuePause

MOST_QUEUES = 40
MOST_WAITING = 1000
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
        return outgrows(self.depth or 0, self.came or 0, self.went or 0)


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues that matter most, by name, and how many ``more`` there are."""

    lines: Sequence[Line]
    more: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted of the queues ``names``, out of ``total``."""

    names: Sequence[str]
    total: int
    depths: Mapping[str, Depth]
    came: Mapping[str, float]
    went: Mapping[str, float]


def fleet(paused: Iterable[QueuePause], now: datetime) -> tuple[Crew, Queues]:
    """Return the fleet, and a line for each queue that is served, declared, paused, or has something to claim.

    Both are read in one deadline; when it passes, the fleet is known or there is nothing to show.
    """
    pauses, workers, numbers = {pause.queue: pause for pause in paused}, None, None
    with suppress(TookTooLong), deadline():
        workers = crew(now)
        numbers = numbers_of(known_to(workers, pauses), pauses, now)
    if workers is None:
        raise TookTooLong("Who works on what took too long.")
    return workers, lines(workers, pauses, numbers)


def known_to(crew: Crew, pauses: Mapping[str, QueuePause]) -> set[str]:
    return {*known_queues(member.worker for member in crew.members), *pauses} - {QueuePause.ALL}


def numbers_of(known: set[str], pauses: Mapping[str, QueuePause], now: datetime) -> Numbers:
    waiting = {*due_queues(MOST_WAITING)}
    names = most_important(known | waiting, pauses, waiting)
    return Numbers(names, len(known | waiting), *read(names, now))


def lines(crew: Crew, pauses: Mapping[str, QueuePause], found: Numbers | None) -> Queues:
    if found is None:
        known = known_to(crew, pauses)
        names = most_important(known, pauses)
        return Queues([line(name, crew, pauses, None, None, None) for name in names], len(known) - len(names))
    came, went = found.came, found.went
    shown = [
        line(name, crew, pauses, found.depths[name], came.get(name, 0.0), went.get(name, 0.0)) for name in found.names
    ]
    return Queues(shown, found.total - len(shown))


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
