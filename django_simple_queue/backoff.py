"""How long a task waits between two attempts."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

from django.db import connections, transaction

from django_simple_queue import conf
from django_simple_queue.failure import Failure

BASE_SECONDS = 5.0
CAP_SECONDS = 3600.0
LONGEST_SECONDS = 10 * 365 * 86400.0
logger = logging.getLogger(__name__)


class Interruption(BaseException):
    """Raised by a signal handler, in whatever code it meets: a backoff in which it comes up has not failed."""


def wait_after(failure: Failure, task: str, attempt: int, own: str | None) -> timedelta:
    """Return the wait after ``attempt`` of ``task`` ended in ``failure``; ``own`` as for ``retry_delay``."""
    return retry_delay(task, attempt, own) if failure.after is None else timedelta(seconds=failure.after)


def retry_delay(task: str, attempt: int, own: str | None = None) -> timedelta:
    """Return the wait after ``attempt`` (from 1) of ``task`` failed.

    The first of these counts: ``own``, the steps stored with the call as JSON; the task's option; the setting BACKOFF.
    A backoff is a function of the attempt or a list of seconds (its last entry repeats). Without one: exponential with
    full jitter, as in "Exponential Backoff And Jitter" (M. Brooker, AWS Architecture Blog, 2015).
    One that is unusable, or a function that raises, counts as none: a failure must always be stored.
    """
    try:
        return timedelta(seconds=bounded(chosen_delay(task, attempt, own)))
    except Interruption:
        raise
    except BaseException:
        logger.exception("The backoff of task %r is unusable after attempt %s.", task, attempt)
        return timedelta(seconds=default_delay(attempt))


def chosen_delay(task: str, attempt: int, own: str | None) -> float:
    backoff = json.loads(own) if own else conf.get_task_options(task).backoff
    if backoff is None:
        backoff = conf.get_backoff()
    if backoff is None:
        return default_delay(attempt)
    if callable(backoff):
        return float(asked(backoff, attempt))
    steps = list(backoff)
    return float(steps[min(max(attempt, 1), len(steps)) - 1])


def asked(backoff: Callable[[int], float], attempt: int) -> float:
    """Call ``backoff``; a statement of its that fails must not spoil the transaction in which a failure is stored."""
    with ExitStack() as savepoints:
        for connection in connections.all(initialized_only=True):
            if connection.in_atomic_block:
                savepoints.enter_context(transaction.atomic(using=connection.alias))
        return backoff(attempt)


def default_delay(attempt: int) -> float:
    return random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2 ** min(attempt, 30)))  # noqa: S311


def bounded(seconds: float) -> float:
    return min(max(seconds, 0), LONGEST_SECONDS)
