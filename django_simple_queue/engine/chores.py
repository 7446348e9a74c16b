"""Chores of which none holds up the others, and that complain once, not at every tick, while they fail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import Error

from django_simple_queue.engine import clock
from django_simple_queue.text import in_one_line

TELL_SECONDS = 60.0
Answer = TypeVar("Answer")
logger = logging.getLogger("django_simple_queue.worker")


class Complaints:
    """What fails is told at first and then once a minute; that it works again is told of what was told to fail."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    def is_news(self, name: str) -> bool:
        """Tell whether it is time to say that ``name`` fails, and take it for said."""
        now = clock.now()
        if now < self.told.get(name, -TELL_SECONDS) + TELL_SECONDS:
            return False
        self.told = {each: at for each, at in self.told.items() if now < at + 10 * TELL_SECONDS} | {name: now}
        return True

    def works(self, name: str) -> None:
        if self.told.pop(name, None) is not None:
            logger.warning("%s works again", name)


_complaints = Complaints()


class Chores:
    """What one of them fails with neither stops the others nor loses what they have done."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}

    def do(self, name: str, work: Callable[[], Answer], otherwise: Answer) -> Answer:
        try:
            answer = work()
        except Exception as error:
            self.errors[name] = error
            return otherwise
        _complaints.works(name)
        return answer

    @property
    def met_odd_rows(self) -> bool:
        """Whether one has failed at something that the database has said, rather than at the database."""
        return any(not isinstance(error, Error) for error in self.errors.values())

    def tell(self, nothing_done: bool) -> None:
        """Raise the database's first error when there is no answer for it to spoil: the link knows best what to do."""
        refused = [name for name, error in self.errors.items() if nothing_done and isinstance(error, Error)]
        for name, error in self.errors.items():
            if name not in refused[:1] and _complaints.is_news(name):
                complain(name, error)
        if refused:
            raise self.errors[refused[0]]


def complain(name: str, error: Exception) -> None:
    """What is nobody's fault but ours is shown with its traceback."""
    known = isinstance(error, Error)
    words = in_one_line(error if known else repr(error))
    logger.warning("%s fails and is tried again: %s", name, words, exc_info=None if known else error)
