"""New demo tasks now and then, so that the console has something to show."""

from __future__ import annotations

import time
from random import Random

from dashboard.project.demo.catalogue import any_kind
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task

SECONDS = (3.0, 12.0)
BACKLOG = 25
AT_MOST = 3_000


class Trickle:
    """``tick()`` enqueues a call when it is time, as long as the backlog is short; AT_MOST in one demo."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.made = 0
        self.next_at = self.soon()

    def tick(self) -> bool:
        """Tell whether a task was enqueued."""
        if time.monotonic() < self.next_at or self.made >= AT_MOST:
            return False
        self.next_at = self.soon()
        if Task.objects.queued()[: BACKLOG + 1].count() > BACKLOG:
            return False
        kind = any_kind(self.random)
        create_task(kind.path, kind.args(self.random))
        self.made += 1
        return True

    def soon(self) -> float:
        return time.monotonic() + self.random.uniform(*SECONDS)
