"""Who tells receivers of the queue's signals how a run has ended: its own child, else another one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from django_simple_queue.engine import clock
from django_simple_queue.engine.member import TELL_SECONDS
from django_simple_queue.engine.outbox import Entry
from django_simple_queue.engine.pool import Pool
from django_simple_queue.models import Task


class Telling:
    """``failures``, with their paths, are those that no child of their own can tell about.

    ``serials`` name a telling as they do a run.
    """

    def __init__(self, pool: Pool, serials: Iterator[int]) -> None:
        self.pool, self.serials = pool, serials
        self.failures: deque[tuple[str, str]] = deque()

    @property
    def goes_on(self) -> bool:
        listener = any(member.open for member in self.pool)
        return (listener and bool(self.failures)) or any(member.telling for member in self.pool)

    def settled(self, entry: Entry, status: int | None) -> None:
        """The ending is durable (or was not ours: None): tell the child that waits for it, or one that can."""
        member = self.pool.members.get(entry.pid or 0)
        if member is not None:
            member.owed -= 1
            message = ["ended", entry.serial, TELL_SECONDS, -1 if status is None else status]
            member.tell(entry.serial, message, clock.now())
        elif entry.unreported and status == Task.FAILED:
            self.failures.append((str(entry.ending.id), entry.ending.task))

    def tell_failures(self, now: float) -> None:
        """Let a free child fire on_failure for runs whose own child cannot; whether anybody listens, it finds out."""
        for member in self.pool:
            if self.failures and member.hungry:
                serial = next(self.serials)
                member.tell(serial, ["died", serial, TELL_SECONDS, *self.failures.popleft()], now)
