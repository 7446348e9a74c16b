"""The parent's link to the database: an outage is waited out, never raised."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from django.db import Error

from django_simple_queue.engine import clock, store
from django_simple_queue.engine.bell import Bell
from django_simple_queue.models.contention import is_lock_timeout
from django_simple_queue.text import in_one_line

FIRST_PAUSE, LONGEST_PAUSE, LOCKED_PAUSE = 0.1, 1.0, 0.5
"""Between two tries. The longest is short: a database that comes and goes may be there for a few seconds only."""
Answer = TypeVar("Answer")
logger = logging.getLogger("django_simple_queue.worker")


class Link:
    """``ask`` runs one short unit of work; while the database is away it returns None and tries again later."""

    def __init__(self, bell: Bell) -> None:
        self.bell = bell
        self.down_since: float | None = None
        self.back_since = 0.0
        self.pause = FIRST_PAUSE
        self.retry_at = 0.0
        self.connected = False
        self.asking = False

    @property
    def is_down(self) -> bool:
        return self.down_since is not None

    def ask(self, work: Callable[[], Answer]) -> Answer | None:
        if clock.now() < self.retry_at:
            return None
        try:
            answer = self.insist(work)
        except Error as error:
            if is_lock_timeout(error):
                self.stand_back(error)
            else:
                self.lose_touch(error)
            return None
        self.back_again()
        return answer

    def insist(self, work: Callable[[], Answer]) -> Answer:
        """Run ``work`` on a connection that is prepared; raises what the database raises."""
        self.asking = True
        try:
            if not self.connected:
                store.tune()
                self.bell.hang()
                self.connected = True
            return work()
        finally:
            self.asking = False

    def give_up(self) -> None:
        """Interrupt a question that the database does not answer; called from a signal handler."""
        if self.asking:
            raise store.NoAnswer("The database has not answered until the lease was over.")

    def hang_up(self) -> None:
        """Close the connection; the next question opens another."""
        self.connected = False
        self.bell.down()
        store.disconnect()

    def stand_back(self, error: Error) -> None:
        """The database is there, but a table or a row of it is locked by somebody else."""
        logger.warning("locked by another transaction, trying again: %s", in_one_line(error))
        self.retry_at = clock.now() + LOCKED_PAUSE * random.uniform(0.5, 1.5)  # noqa: S311

    def lose_touch(self, error: Error) -> None:
        now = clock.now()
        if self.down_since is None:
            self.down_since = now
            logger.warning("database does not answer, trying again: %s", in_one_line(error))
        self.retry_at = now + self.pause * random.uniform(0.5, 1.5)  # noqa: S311
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.connected = False
        self.bell.down()
        try:
            store.disconnect()
        except Error:
            logger.debug("closing the broken connection failed as well", exc_info=True)

    def back_again(self) -> None:
        if self.down_since is not None:
            self.back_since = clock.now()
            logger.warning("database answers again after %.1f s", self.back_since - self.down_since)
        self.down_since, self.pause = None, FIRST_PAUSE
