"""How a worker leaves: with its lease given up, or after it was lost."""

from __future__ import annotations

import logging
import time
from functools import partial

from django_simple_queue.engine import clock, events, store
from django_simple_queue.engine.dispatch import Dispatcher
from django_simple_queue.engine.lease import Lease
from django_simple_queue.engine.link import Link
from django_simple_queue.models import Worker

LAST_WORDS_SECONDS = 5.0
logger = logging.getLogger("django_simple_queue.worker")


class Farewell:
    def __init__(self, worker: Worker, dispatcher: Dispatcher, link: Link, lease: Lease) -> None:
        self.worker, self.dispatcher, self.link, self.lease = worker, dispatcher, link, lease
        self.pool, self.outbox = dispatcher.pool, dispatcher.outbox

    def in_peace(self) -> int:
        """Give up the lease; return the exit code."""
        self.pool.dismiss(clock.now())
        unsaved = len(self.outbox)
        until = clock.now() + LAST_WORDS_SECONDS
        while not (left := self.link.ask("farewell", self.give_up_lease)) and clock.now() < until:
            time.sleep(0.05)
        if unsaved or not left:
            logger.error("leaving while the database does not answer: %d endings are not stored", unsaved)
            return 1
        logger.info("worker %s stopped", self.worker.id)
        return 0

    def give_up_lease(self) -> bool:
        store.leave(self.worker.id)
        return True

    def without_a_lease(self, error: store.LeaseLost) -> int:
        """End what runs, and say of what has ended how it did; return the exit code."""
        logger.error("leaving: %s Other workers settle its tasks.", error)
        for member in self.pool:
            self.dispatcher.hear(member)
        self.pool.disband()
        if not isinstance(error, store.NoAnswer):
            with self.lease.last_chance(LAST_WORDS_SECONDS):
                self.say_last_words()
        return 1

    def after_an_error(self) -> None:
        """End what runs, say of what has ended how it did, and give up the lease: others settle the rest at once."""
        for member in self.pool:
            self.dispatcher.hear(member)
        self.pool.disband()
        with self.lease.last_chance(LAST_WORDS_SECONDS):
            self.say_last_words()
            self.link.ask("farewell", self.give_up_lease)

    def say_last_words(self) -> None:
        while batch := self.outbox.batch(clock.now()):
            said = self.link.ask(
                "farewell", partial(store.last_words, self.worker.id, [entry.ending for entry in batch])
            )
            if said is None:
                return
            for entry in batch:
                self.outbox.remove(entry)
                events.settled(entry, said.ended.get(entry.ending.run))
