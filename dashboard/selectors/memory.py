"""A picture that all requests of a process share, made once in a while by the first that finds it too old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Picture = TypeVar("Picture")
LASTS_SECONDS, LASTS_TIMES_ITS_COST, MOST_SECONDS = 1.0, 100, 3.0
LASTS_TIMES_ITS_COST_AT_LEAST = 10


def lasts(cost: float) -> float:
    """Return how many seconds a picture serves that took ``cost`` seconds to make."""
    return max(LASTS_SECONDS, min(LASTS_TIMES_ITS_COST * cost, MOST_SECONDS))


def lasts_at_least(cost: float) -> float:
    """Return how many seconds a picture serves although an operator has acted since: that many do takes no more CPU."""
    return min(LASTS_TIMES_ITS_COST_AT_LEAST * cost, MOST_SECONDS)


class Memory(Generic[Picture]):
    """The latest picture; while one thread makes the next, the others wait for it.

    ``lasts`` says for how many seconds a picture serves that took so many to make; ``at_least`` for how many it does
    when something has happened since.
    """

    def __init__(
        self, make: Callable[[], Picture], lasts: Callable[[float], float], at_least: Callable[[float], float]
    ) -> None:
        self.make, self.lasts, self.at_least = make, lasts, at_least
        self.lock = threading.Lock()
        self.until = self.soonest = float("-inf")
        self.happened: object = None
        self.latest: Picture | None = None

    def get(self, happened: object = None) -> Picture:
        """Return the picture, another one than before when something else has ``happened``."""
        with self.lock:
            began = time.monotonic()
            until = self.until if happened == self.happened else self.soonest
            if self.latest is None or began > until:
                self.latest, self.happened = self.make(), happened
                ended = time.monotonic()
                cost = ended - began
                self.until, self.soonest = ended + self.lasts(cost), ended + self.at_least(cost)
            return self.latest

    def forget(self) -> None:
        with self.lock:
            self.latest = None
