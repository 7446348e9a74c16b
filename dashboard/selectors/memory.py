"""A picture that all requests of a process share, made once in a while by the first that finds it too old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Picture = TypeVar("Picture")


class Memory(Generic[Picture]):
    """The latest picture; while one thread makes the next, the others wait for it.

    ``lasts`` says for how many seconds a picture serves that took so many to make.
    """

    def __init__(self, make: Callable[[], Picture], lasts: Callable[[float], float]) -> None:
        self.make, self.lasts = make, lasts
        self.lock = threading.Lock()
        self.until = float("-inf")
        self.latest: Picture | None = None

    def get(self) -> Picture:
        with self.lock:
            began = time.monotonic()
            if self.latest is None or began > self.until:
                self.latest = self.make()
                ended = time.monotonic()
                self.until = ended + self.lasts(ended - began)
            return self.latest

    def forget(self) -> None:
        with self.lock:
            self.latest = None
