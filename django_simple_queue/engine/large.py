"""Outputs that are too large to travel: a child stores its own, so that the parent's memory stays small."""

from __future__ import annotations

import logging
import os
from uuid import UUID

from django.db import Error, connections

from django_simple_queue.engine import store
from django_simple_queue.models.primary import alias

LARGE = 256 * 1024
logger = logging.getLogger("django_simple_queue.worker")


def to_report(output: str, task_id: str, epoch: int) -> str | None:
    """Return what the parent is to be told: ``output``, or None when it is large and in its row already."""
    if len(output) <= LARGE or is_busy():
        return output
    try:
        if store.keep_output(UUID(task_id), epoch, output, os.getpid()):
            return None
        reason: object = "its row is locked"
    except (Error, ValueError) as error:
        reason = error
    logger.warning("a large output goes through the worker, as it could not be stored at once: %s", reason)
    return output


def is_busy() -> bool:
    """Tell whether the task has left a transaction open: nothing of ours may depend on how that ends."""
    connection = connections[alias()]
    is_open = connection.connection is not None  # else it would be opened to answer, and the database may be away
    return is_open and (connection.in_atomic_block or not connection.get_autocommit())
