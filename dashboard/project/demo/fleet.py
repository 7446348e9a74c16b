"""The workers of the past fortnight: three machines, a restart for every release, one machine that vanished."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from dashboard.project.demo.ids import uuid7_at
from django_simple_queue.models import Worker

HOSTS = ("web-1", "web-2", "web-6")
RELEASE_DAYS = (0, 4, 9, 12)
LOST_HOST = "web-6"
LOST_DAY = 9
LEASE = timedelta(seconds=30)


class Fleet:
    """``boots`` are the Worker rows from ``start`` to ``end``; all of them have ended."""

    def __init__(self, random: Random, start: datetime, end: datetime) -> None:
        self.random = random
        deploys = [start + timedelta(days=day, hours=9) * bool(day) for day in RELEASE_DAYS]
        self.boots = [
            self.boot(host, begin, finish)
            for begin, finish in zip(deploys, [*deploys[1:], end - timedelta(seconds=20)], strict=True)
            for host in HOSTS
        ]
        self.lost = next(boot for boot in self.boots if boot.host == LOST_HOST and boot.started == deploys[1])
        self.lose(self.lost, start + timedelta(days=LOST_DAY) - timedelta(hours=5))

    def boot(self, host: str, begin: datetime, finish: datetime) -> Worker:
        return Worker(
            id=uuid7_at(begin, self.random),
            host=host,
            pid=self.random.randint(400, 32_000),
            slots=4,
            version="1.0.0",
            release=release_of(begin),
            started=begin,
            heartbeat=finish,
            lease_until=finish + LEASE,
            state=Worker.State.STOPPED,
            ended=finish,
            rss=self.random.randint(90, 160) * 1024**2,
        )

    def lose(self, boot: Worker, when: datetime) -> None:
        finder = next(other for other in self.boots if other.started == boot.started and other.host != boot.host)
        boot.state = Worker.State.LOST
        boot.heartbeat = when
        boot.lease_until = when + LEASE
        boot.ended = when + LEASE + timedelta(seconds=2)
        boot.lost_by = finder.id

    def at(self, moment: datetime) -> Worker:
        """Return a worker that ran at ``moment``."""
        alive = [boot for boot in self.boots if boot.started <= moment and moment < (boot.ended or moment)]
        return self.random.choice(alive or self.boots[-len(HOSTS) :])


def release_of(moment: datetime) -> str:
    year, week, day = moment.isocalendar()
    return f"{year}.{week}.{day}"
