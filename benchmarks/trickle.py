"""Work that comes in all the time, so that an open list has something to show."""

from __future__ import annotations

import time

EACH_SECONDS, AT_ONCE = 0.5, 5


def inside() -> None:
    """Enqueue without end; whoever started this ends it."""
    from benchmarks.contenders.ours import enqueue

    while True:
        enqueue("noop", AT_ONCE)
        enqueue("nap", 1)
        time.sleep(EACH_SECONDS)
