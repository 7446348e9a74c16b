"""A picture that all requests of a process share: made once in a while, and hardly ever while one of them waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from django.db import close_old_connections, connections

from dashboard.selectors.scalars import alias

LATE_SECONDS = 3.0
"""How much longer than it should a picture serves while the next one is being made."""
Picture = TypeVar("Picture")


class Memory(Generic[Picture]):
    """The latest picture. One thread makes the next: one beside the requests, or the first of those that cannot wait.

    ``lasts`` says for how many seconds a picture serves that took so many to make.
    """

    def __init__(self, make: Callable[[], Picture], lasts: Callable[[float], float]) -> None:
        self.make, self.lasts = make, lasts
        self.lock = threading.Lock()
        self.aside = ThreadPoolExecutor(1, "simple-queue-picture")
        self.coming: Future[None] | None = None
        self.until = float("-inf")
        self.latest: Picture | None = None

    def get(self) -> Picture:
        latest, late = self.latest, time.monotonic() - self.until
        if latest is None or late > (LATE_SECONDS if has_committed() else 0):
            return self.renewed()
        if late > 0:
            self.renew_aside()
        return latest

    def renewed(self) -> Picture:
        with self.lock:
            began = time.monotonic()
            if self.latest is None or began > self.until:
                self.latest = self.make()
                self.until = time.monotonic() + self.lasts(time.monotonic() - began)
            return self.latest

    def renew_aside(self) -> None:
        """Where no thread ever gets to run, as in some servers, the next request that finds it too old waits."""
        if self.coming is None or self.coming.done():
            self.coming = self.aside.submit(self.renew_on_a_connection_of_its_own)

    def renew_on_a_connection_of_its_own(self) -> None:
        close_old_connections()
        try:
            self.renewed()
        finally:
            close_old_connections()

    def forget(self) -> None:
        with self.lock:
            self.latest = None


def has_committed() -> bool:
    """Tell whether another connection sees what this request has written so far."""
    return not connections[alias()].in_atomic_block
