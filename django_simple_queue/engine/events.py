"""One plain line, or one JSON object, for each thing that happens to a task."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django_simple_queue.engine.outbox import Entry
from django_simple_queue.engine.store import Claimed
from django_simple_queue.models import Task

logger = logging.getLogger("django_simple_queue.worker")
MOST_COUNTED = 10_000
WORDS = {Task.COMPLETED: "completed", Task.CANCELLED: "cancelled", Task.FAILED: "failed"}


def claimed(rows: list[Claimed]) -> None:
    if logger.isEnabledFor(logging.INFO):
        for row in rows:
            said = of("claimed", row.id, row.task, queue=row.queue, attempt=row.attempt, max_attempts=row.max_attempts)
            logger.info("claimed %s %s attempt %d of %d", row.id, row.task, row.attempt, row.max_attempts, extra=said)


def settled(entry: Entry, status: int | None) -> None:
    """Say what became of an ending; None: it was fenced out."""
    if status is None:
        fenced_out(entry)
    else:
        ended(entry, status)


def ended(entry: Entry, status: int) -> None:
    """Say how a run ended; a failure says why in its first line."""
    ending, milliseconds = entry.ending, (entry.ending.ran_seconds or 0) * 1000
    if ending.verb == "release":
        logger.info("released %s %s", ending.id, ending.task, extra=of("released", ending.id, ending.task))
        return
    word = WORDS.get(status, "will retry")
    said = of(word, ending.id, ending.task, milliseconds=round(milliseconds, 1))
    if status in (Task.COMPLETED, Task.CANCELLED):
        logger.info("%s %s %s %.0f ms", word, ending.id, ending.task, milliseconds, extra=said)
    else:
        cause = ending.error.partition("\n")[0]
        said["event"]["error"] = cause
        logger.warning("%s %s %s %.0f ms: %s", word, ending.id, ending.task, milliseconds, cause, extra=said)


def fenced_out(entry: Entry) -> None:
    ending = entry.ending
    said = of("dropped", ending.id, ending.task)
    words = "dropped the result of %s %s: the run has ended already, or is not ours any more"
    logger.warning(words, ending.id, ending.task, extra=said)


def withheld(entry: Entry, reason: str) -> None:
    ending = entry.ending
    said = of("withheld", ending.id, ending.task, reason=reason)
    logger.warning("the result of %s %s waits: %s", ending.id, ending.task, reason, extra=said)


def passed_over(rows: dict[Any, str]) -> None:
    """Say which rows nobody can claim for the time being; of each the key is known, and the reason."""
    for key, reason in rows.items():
        task = named(key)
        said = of("passed_over", task, reason=reason)
        logger.warning("passed over %s, it cannot be claimed: %s", task, reason, extra=said)


def named(key: Any) -> str:
    """Return the id of a task as it is written elsewhere; a row that was made by hand may have any text."""
    try:
        return str(UUID(str(key)))
    except ValueError:
        return str(key)


def progress(done: int, failed: int, left: int, rate: float) -> None:
    """Say how far a burst is: how many runs have ended, how many wait, and how many ended a second of late."""
    left, more = min(left, MOST_COUNTED), left > MOST_COUNTED
    words = f"{grouped(done)} done{f' ({grouped(failed)} failed)' if failed else ''}, "
    words += f"{'over ' if more else ''}{grouped(left)} left, {rate:.{0 if rate >= 10 else 1}f}/s"
    logger.info(words, extra=of("progress", done=done, failed=failed, left=left, more=more, per_second=round(rate, 1)))


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def unsaid(entry: Entry) -> None:
    """Say that an ending could not be stored while there was time; others settle the run as that of a lost worker."""
    ending, reason = entry.ending, entry.reason or "the database does not answer"
    words = "dropped the result of %s %s, there is no more time to store it: %s"
    logger.error(words, ending.id, ending.task, reason, extra=of("dropped", ending.id, ending.task, reason=reason))


def of(event: str, task_id: object = "", task: str = "", **details: object) -> dict[str, dict[str, object]]:
    """Return what JsonLines adds to a line; one about a task has its id, and its path, if known."""
    named = {name: str(value) for name, value in (("id", task_id), ("task", task)) if value}
    return {"event": {"event": event.replace(" ", "_"), **named, **details}}


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= getattr(record, "event", {"event": "message"})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)
