from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(condition: Callable[[], Found], deadline_seconds: float = 10, message: str = "") -> Found:
    """The first truthy answer of `condition`, asked every 20 ms; AssertionError with `message` after the deadline."""
    end = time.monotonic() + deadline_seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"Not within {deadline_seconds:g} s: {message or condition}")
        time.sleep(0.02)
    return found
