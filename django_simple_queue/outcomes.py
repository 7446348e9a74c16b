"""What a task may raise to say how its run is to end, and what is raised in it when its time is nearly over."""

from __future__ import annotations

import math
from datetime import timedelta


class Retry(Exception):
    """Raise it to be tried again, if attempts remain, ``after`` that long: seconds, a timedelta, or None (the backoff).

    A time that has passed already means at once. Raises TypeError for an ``after`` that is no time.
    """

    after: float | None = None
    reason = ""
    # Of the class too: a subclass may have an __init__ that does not call this one.

    def __init__(self, after: float | timedelta | None = None, reason: str = "") -> None:
        super().__init__(reason or "the task asks to be tried again")
        self.after = None if after is None else seconds_of(after)
        self.reason = reason

    def __repr__(self) -> str:
        after = "" if self.after is None else f"after={self.after:g}, "
        return f"{type(self).__name__}({after}reason={self.reason!r})"


class Abandon(Exception):
    """Raise it to end as FAILED, although attempts remain: trying again would not help."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or "the task asks not to be tried again")


class TaskTimeout(BaseException):
    """Raised inside a run shortly before it is killed, so that it can clean up (see SOFT_TIMEOUT).

    No ``Exception``: a task that goes on after any failure of a single step must not go on after this.
    """


def seconds_of(after: float | timedelta) -> float:
    if isinstance(after, timedelta):
        return after.total_seconds()
    if isinstance(after, bool) or not isinstance(after, int | float) or math.isnan(after):
        raise TypeError(f"Retry: after must be seconds, a timedelta or None, not {after!r:.200}.")
    return float(after)
