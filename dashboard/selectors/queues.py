"""The queues: how deep each is, how fast it fills and empties, whether it is paused, and who serves it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from dashboard.deadline import TookTooLong, deadline
from dashboard.formats import CAP
from dashboard.selectors.scalars import alias, as_moment, compiled
from dashboard.selectors.workers import Fleet, Member
from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Task, Worker
from django_simple_queue.models.states import DUE_SQL

SECONDS = 0.5
WINDOW = timedelta(minutes=5)
MOST_QUEUES = 40
MOST_WAITING = 1000
WORTH_SAYING = 20
Row = tuple[Any, ...]


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
    def grows(self) -> bool:
        """Tell whether more comes in than goes out while many wait."""
        return (self.depth or 0) > WORTH_SAYING and (self.came or 0) > 1.2 * (self.went or 0)


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues that matter most, by name, and how many ``more`` there are."""

    lines: Sequence[Line]
    more: int


def queues(fleet: Fleet, paused: Iterable[QueuePause], now: datetime) -> Queues:
    """Return a line for each queue that is served, declared, paused, or has something to claim."""
    pauses = {pause.queue: pause for pause in paused}
    known = {"default", *served(fleet), *declared(), *pauses} - {QueuePause.ALL}
    try:
        with deadline(SECONDS):
            waiting = {*waiting_queues()}
            names = most_important(known | waiting, pauses, waiting)
            numbers = read(names, now)
    except TookTooLong:
        names = most_important(known, pauses)
        return Queues([line(name, fleet, pauses, None, None, None) for name in names], len(known) - len(names))
    depths = {name: (count, as_moment(oldest)) for _, name, count, oldest in numbers["depth"]}
    came, went = per_minute(numbers["created"], now), per_minute(numbers["finished"], now)
    lines = [line(name, fleet, pauses, depths[name], came.get(name, 0.0), went.get(name, 0.0)) for name in names]
    return Queues(lines, len(known | waiting) - len(names))


def most_important(names: Collection[str], *groups: Collection[str]) -> list[str]:
    """Return the names that fit, those of the first group first in line, then those of the next; in order of names."""
    first = sorted(names, key=lambda name: (*(name not in group for group in groups), name))
    return sorted(first[:MOST_QUEUES])


def line(
    name: str,
    fleet: Fleet,
    pauses: Mapping[str, QueuePause],
    depth: tuple[int, datetime | None] | None,
    came: float | None,
    went: float | None,
) -> Line:
    servers = [member for member in fleet.alive if serves(member, name)]
    pause = pauses.get(name) or pauses.get(QueuePause.ALL)
    return Line(name, depth and depth[0], depth and depth[1], came, went, pause, servers)


def serves(member: Member, queue: str) -> bool:
    return member.state.slug != Worker.State.DRAINING and (not member.queues or queue in member.queues)


def served(fleet: Fleet) -> set[str]:
    return {queue for member in fleet.members for queue in member.queues}


def declared() -> set[str]:
    return {conf.get_task_options(path).queue or "default" for path in conf.get_allowed_tasks() or ()}


def waiting_queues() -> Iterable[str]:
    """Step from queue to queue by the index of the claim: as many looks as there are queues, whatever waits in them."""
    first = f"SELECT MIN(queue) FROM {source()} WHERE {claimable()}"
    sql = (
        f"WITH RECURSIVE step (queue) AS (SELECT ({first}) UNION ALL "
        f"SELECT ({first} AND queue > step.queue) FROM step WHERE step.queue IS NOT NULL) "
        f"SELECT queue FROM step WHERE queue IS NOT NULL LIMIT {MOST_WAITING}"
    )
    return [queue for (queue,) in rows(sql)]


def read(names: Sequence[str], now: datetime) -> dict[str, list[Row]]:
    """Return rows of (kind, queue, count, earliest time): "depth" of each queue, "created" and "finished" lately."""
    parts = [depth(name) for name in names] + [latest(column, now) for column in ("created", "finished")]
    found: dict[str, list[Row]] = {"depth": [], "created": [], "finished": []}
    for row in rows(" UNION ALL ".join(sql for sql, _ in parts), [param for _, params in parts for param in params]):
        found[row[0]].append(row)
    return found


def depth(name: str) -> tuple[str, tuple[Any, ...]]:
    """Ask how many tasks may be claimed, up to one more than the cap, and since when the oldest of those waits."""
    return (
        f"SELECT 'depth', %s, COUNT(*), MIN(run_after) FROM (SELECT run_after FROM {source()} "
        f"WHERE {claimable()} AND queue = %s ORDER BY priority DESC, run_after, id LIMIT {CAP + 1}) examined"
    ), (name, name)


def latest(column: str, now: datetime) -> tuple[str, tuple[Any, ...]]:
    """Ask for the latest 10 000 of the last five minutes, by queue."""
    newest = Task.objects.filter(**{f"{column}__gte": now - WINDOW}).order_by(f"-{column}", "-id")[:CAP]
    sql, params = compiled(newest.values("queue", column))
    return f"SELECT '{column}', queue, COUNT(*), MIN({column}) FROM ({sql}) {column}_lately GROUP BY queue", params


def per_minute(found: Sequence[Row], now: datetime) -> dict[str, float]:
    """A burst is measured over the time that its 10 000 took, not over five minutes."""
    full = sum(count for *_, count, _ in found) >= CAP
    firsts = [moment for *_, first in found if (moment := as_moment(first))]
    start = min(firsts, default=now) if full else now - WINDOW
    minutes = max((now - start).total_seconds(), 1) / 60
    return {queue: count / minutes for _, queue, count, _ in found}


def source() -> str:
    hint = "INDEXED BY dsq_claim_queue" if connections[alias()].vendor == "sqlite" else ""
    return f"{Task._meta.db_table} {hint}"


def claimable() -> str:
    """Literal conditions let partial indexes fit."""
    return f"status = 0 AND {DUE_SQL[connections[alias()].vendor][0]}"


def rows(sql: str, params: Sequence[Any] = ()) -> list[Row]:
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
