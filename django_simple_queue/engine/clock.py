from __future__ import annotations

import time

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A lease goes on while a laptop sleeps, so our deadlines must too."""
FOREVER = float("inf")
"""The moment that never comes."""


def now() -> float:
    """Return seconds on a clock that never jumps and, where there is one, counts suspended time."""
    return time.clock_gettime(CLOCK)
