"""The parent's link to the database: an outage is waited out, never raised, and so is a lock or a refusal."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from django.db import Error

from django_simple_queue.engine import clock, store
from django_simple_queue.engine.bell import Bell
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.models.complaints import is_in_the_way
from django_simple_queue.text import in_one_line

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Between two tries. The longest is short: a database that comes and goes may be there for a few seconds only."""
CHORE_PAUSE = 0.5
Chore = Literal["lease", "turn", "house", "live", "farewell"]
Answer = TypeVar("Answer")
logger = logging.getLogger("django_simple_queue.worker")


class Link:
    """``ask`` runs one short unit of work of a chore; when that is not to be had it returns None: ask again later.

    While the database is away nothing is asked; what it refuses, or others have locked, holds up that chore only.
    """

    def __init__(self, bell: Bell) -> None:
        self.bell = bell
        self.down_since: float | None = None
        self.back_since = 0.0
        self.pause = FIRST_PAUSE
        self.retry_at = 0.0
        self.put_off: dict[Chore, float] = {}
        self.session: object = None
        self.asked_at = FOREVER

    @property
    def is_down(self) -> bool:
        return self.down_since is not None

    def free_at(self, chore: Chore) -> float:
        """Return when ``ask`` will try again."""
        return max(self.retry_at, self.put_off.get(chore, 0.0))

    def ask(self, chore: Chore, work: Callable[[], Answer]) -> Answer | None:
        if clock.now() < self.free_at(chore):
            return None
        try:
            return self.answered(chore, work)
        except store.NoAnswer as error:
            self.lose_touch(error)
            return None

    def answered(self, chore: Chore, work: Callable[[], Answer]) -> Answer | None:
        try:
            answer = self.insist(work)
        except Error as error:
            self.put_up_with(error, chore)
            return None
        self.back_again()
        self.put_off.pop(chore, None)
        return answer

    def insist(self, work: Callable[[], Answer]) -> Answer:
        """Run ``work`` on a connection that is prepared; raises what the database raises.

        Django may have replaced the one that was: it does so where a transaction is left whose connection broke.
        """
        with self.interruptible():
            if self.session is None or store.session() is not self.session:
                self.session = None
                self.bell.hang()
                store.tune(is_ours=self.bell.rings)
                self.session = store.session()
            return work()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        self.asked_at = clock.now()
        try:
            yield
        finally:
            self.asked_at = FOREVER

    def give_up(self, patience: float) -> None:
        """Interrupt a question that has had no answer for ``patience`` seconds; called from a signal handler."""
        waited = clock.now() - self.asked_at
        if waited >= patience:
            raise store.NoAnswer(f"no answer for {waited:.1f} s")

    def put_up_with(self, error: Error, chore: Chore) -> None:
        """A refusal closes the connection as well: after a failover another one may lead to a server that obeys."""
        if is_in_the_way(error):
            self.stand_back(chore, "locked by another transaction, trying again: %s", error)
        elif self.is_there():
            self.stand_back(chore, "the database refuses, trying again: %s", error)
            self.hang_up()
        else:
            self.lose_touch(error)

    def is_there(self) -> bool:
        with self.interruptible():
            return store.answers(self.session)

    def stand_back(self, chore: Chore, words: str, error: Error) -> None:
        if chore not in self.put_off:
            logger.warning(words, in_one_line(error))
        self.put_off[chore] = clock.now() + CHORE_PAUSE * random.uniform(0.5, 1.5)  # noqa: S311

    def hang_up(self) -> None:
        """Close the connection; the next question opens another."""
        self.session = None
        self.bell.down()
        try:
            store.disconnect()
        except Error:
            logger.debug("closing the broken connection failed as well", exc_info=True)

    def lose_touch(self, error: Error | store.NoAnswer) -> None:
        now, self.asked_at = clock.now(), FOREVER
        if self.down_since is None:
            self.down_since = now
            logger.warning("database does not answer, trying again: %s", in_one_line(error))
        self.retry_at = now + self.pause * random.uniform(0.5, 1.5)  # noqa: S311
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.hang_up()

    def back_again(self) -> None:
        if self.down_since is not None:
            self.back_since = clock.now()
            logger.warning("database answers again after %.1f s", self.back_since - self.down_since)
        self.down_since, self.pause = None, FIRST_PAUSE
