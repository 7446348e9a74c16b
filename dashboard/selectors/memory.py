"""A picture that all requests of a process share: made once in a while; when it is dear, while none of them waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from dashboard.deadline import is_only_reading

LATE_SECONDS = 3.0
"""How much longer than it should a picture serves while the next one is being made."""
DEAR_SECONDS = 0.03
"""What a picture takes at least that is worth being late for; any other one is waited for."""
logger = logging.getLogger(__name__)
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
        self.cost = 0.0
        self.latest: Picture | None = None

    def get(self) -> Picture:
        latest, late = self.latest, time.monotonic() - self.until
        if latest is None or late > (LATE_SECONDS if self.cost >= DEAR_SECONDS and is_only_reading() else 0):
            return self.renewed()
        if late > 0:
            self.renew_aside()
        return latest

    def renewed(self) -> Picture:
        with self.lock:
            began = time.monotonic()
            if self.latest is None or began > self.until:
                self.latest = self.make()
                self.cost = time.monotonic() - began
                self.until = time.monotonic() + self.lasts(self.cost)
            return self.latest

    def renew_aside(self) -> None:
        """Where no thread ever gets to run, as in some servers, the next request that finds it too old waits."""
        if self.coming is None or self.coming.done():
            with suppress(RuntimeError):
                self.coming = self.aside.submit(self.renew_on_a_connection_of_its_own)

    def renew_on_a_connection_of_its_own(self) -> None:
        try:
            self.renewed()
        except (DatabaseError, InterfaceError):
            logger.warning("The picture of the queue could not be made anew.", exc_info=True)
        finally:
            connections.close_all()

    def forget(self) -> None:
        if self.coming is not None and not self.coming.cancel():
            wait([self.coming])
        with self.lock:
            self.latest = None
