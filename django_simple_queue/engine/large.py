"""Outputs that are too large to travel: a child stores its own, so that the parent's memory stays small."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from uuid import UUID

from django.db import Error, connections

from django_simple_queue import conf
from django_simple_queue.engine import store
from django_simple_queue.models.primary import alias

LARGE = 256 * 1024
SLOWEST = 1024 * 1024
"""Characters a second of what is beyond that; a database that takes more time for them keeps silent."""
logger = logging.getLogger("django_simple_queue.worker")


def to_report(output: str, task_id: str, epoch: int) -> str | None:
    """Return what the parent is to be told: ``output``, or None when it is large and in its row already."""
    if len(output) <= LARGE or is_busy():
        return output
    try:
        with answered_within(conf.get_lease_seconds() / 10 + (len(output) - LARGE) / SLOWEST):
            if store.keep_output(UUID(task_id), epoch, output, os.getpid()):
                return None
        reason: object = "its row is locked"
    except (Error, ValueError, store.NoAnswer) as error:
        reason = error
    logger.warning("a large output goes through the worker, as it could not be stored at once: %s", reason)
    return output


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Raise NoAnswer where the database keeps silent for longer: our guard does not wait for it.

    Again and again, for what Django does about that may be to wait for an answer, too.
    """

    def give_up(number: int, frame: FrameType | None) -> None:
        raise store.NoAnswer(f"no answer for {seconds:.1f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    except store.NoAnswer:
        with suppress(Exception):
            connections[alias()].close()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def is_busy() -> bool:
    """Tell whether the task has left a transaction open: nothing of ours may depend on how that ends."""
    connection = connections[alias()]
    is_open = connection.connection is not None  # else it would be opened to answer, and the database may be away
    return is_open and (connection.in_atomic_block or not connection.get_autocommit())
