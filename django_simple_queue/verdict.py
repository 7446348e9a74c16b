"""Whether a run that failed is worth another attempt: what it raised decides, and the task's option retry_on."""

from __future__ import annotations

import logging
from dataclasses import replace

from django_simple_queue import callables, conf
from django_simple_queue.backoff import bounded
from django_simple_queue.failure import Failure
from django_simple_queue.outcomes import Abandon, Retry, seconds_of

logger = logging.getLogger(__name__)


def judged(failure: Failure, task: str, error: BaseException) -> Failure:
    """Return ``failure`` with what ``error`` says of another attempt: Retry and Abandon, else the option retry_on."""
    if isinstance(error, Retry):
        return replace(failure, after=wait_of(error), asked=True)
    if isinstance(error, Abandon):
        return replace(failure, retry=False)
    return replace(failure, retry=is_listed(task, error))


def wait_of(error: Retry) -> float | None:
    """Return the seconds that ``error`` names, None for the backoff; what a subclass has set may be no time at all."""
    try:
        return None if error.after is None else bounded(seconds_of(error.after))
    except Exception:
        logger.exception("The time that %s names is unusable.", type(error).__name__)
        return None


def is_listed(task: str, error: BaseException) -> bool:
    """Tell whether the option retry_on lets ``error`` count; one that is unusable counts as none."""
    try:
        listed = conf.get_task_options(task).retry_on
        return not listed or any(is_one(error, kind) for kind in listed)
    except Exception:
        logger.exception("The option retry_on of task %r is unusable.", task)
        return True


def told_of_cap(error: str, asked: bool, attempt: int, max_attempts: int) -> str:
    """Return the text ``error``, which says so when a task has ``asked`` for an attempt and none is left."""
    if not asked or attempt < max_attempts:
        return error
    headline, _, rest = error.partition("\n")
    return (
        f"{headline}\nNo attempt is left ({attempt} of {max_attempts}); max_attempts says how many there are.\n{rest}"
    )


def is_one(error: BaseException, kind: type | str) -> bool:
    return isinstance(error, callables.exception_at(kind) if isinstance(kind, str) else kind)
