"""One plain line for each thing that happens to a task."""

from __future__ import annotations

import logging

from django_simple_queue.engine.outbox import Entry
from django_simple_queue.engine.store import Claimed
from django_simple_queue.models import Task

logger = logging.getLogger("django_simple_queue.worker")


def claimed(rows: list[Claimed]) -> None:
    if logger.isEnabledFor(logging.INFO):
        for row in rows:
            logger.info("claimed %s %s attempt %d of %d", row.id, row.task, row.attempt, row.max_attempts)


def ended(entry: Entry, status: int) -> None:
    """Say how a run ended; a failure says why in its first line."""
    ending, milliseconds = entry.ending, (entry.ending.ran_seconds or 0) * 1000
    if ending.verb == "release":
        logger.info("released %s %s", ending.id, ending.task)
    elif status == Task.COMPLETED:
        logger.info("completed %s %s %.0f ms", ending.id, ending.task, milliseconds)
    elif status == Task.CANCELLED:
        logger.info("cancelled %s %s %.0f ms", ending.id, ending.task, milliseconds)
    else:
        word = "failed" if status == Task.FAILED else "will retry"
        cause = ending.error.partition("\n")[0]
        logger.warning("%s %s %s %.0f ms: %s", word, ending.id, ending.task, milliseconds, cause)


def fenced_out(entry: Entry) -> None:
    logger.warning("dropped the result of %s %s: the run is not ours any more", entry.ending.id, entry.ending.task)
