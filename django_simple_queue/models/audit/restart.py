"""InnoDB ends one of two transactions that wait for each other, and expects it to be tried again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connections, router

from django_simple_queue.models.task import Task

TRIES = 5
DEADLOCK = 1213
P = ParamSpec("P")
Answer = TypeVar("Answer")


def restarted_after_deadlock(work: Callable[P, Answer]) -> Callable[P, Answer]:
    """Run ``work``, which is one transaction, again when it lost to another; inside a caller's own it is his to do."""

    @wraps(work)
    def restarted(*args: P.args, **kwargs: P.kwargs) -> Answer:
        for _ in range(TRIES - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if error.args[:1] != (DEADLOCK,) or connections[router.db_for_write(Task)].in_atomic_block:
                    raise
        return work(*args, **kwargs)

    return restarted
