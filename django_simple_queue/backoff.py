"""How long a task waits between two attempts."""

from __future__ import annotations

import random
from datetime import timedelta

from django_simple_queue import conf

BASE_SECONDS = 5.0
CAP_SECONDS = 3600.0


def retry_delay(task: str, attempt: int) -> timedelta:
    """Return the wait after ``attempt`` (from 1) of ``task`` failed.

    The task's ``backoff`` option is a function of the attempt or a list of seconds (its last entry repeats). Without
    one: exponential with full jitter, as in "Exponential Backoff And Jitter" (M. Brooker, AWS Architecture Blog, 2015).
    """
    backoff = conf.get_task_options(task).backoff
    if backoff is None:
        seconds = random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2 ** min(attempt, 30)))  # noqa: S311
    elif callable(backoff):
        seconds = backoff(attempt)
    else:
        steps = list(backoff)
        seconds = steps[min(attempt, len(steps)) - 1]
    return timedelta(seconds=seconds)
