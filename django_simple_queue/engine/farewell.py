"""How a worker leaves: with its lease given up, or after it was lost."""

from __future__ import annotations

import logging
import time
from functools import partial

from django_simple_queue.engine import clock, events, store
from django_simple_queue.engine.dispatch import Dispatcher
from django_simple_queue.engine.lease import Lease
from django_simple_queue.engine.link import Link
from django_simple_queue.engine.outbox import Entry
from django_simple_queue.models import Worker

LAST_WORDS_SECONDS, LEAVE_SECONDS, AGAIN_SECONDS = 5.0, 1.0, 0.05
logger = logging.getLogger("django_simple_queue.worker")


class Farewell:
    def __init__(self, worker: Worker, dispatcher: Dispatcher, link: Link, lease: Lease) -> None:
        self.worker, self.dispatcher, self.link, self.lease = worker, dispatcher, link, lease
        self.pool, self.outbox = dispatcher.pool, dispatcher.outbox
        self.unclaimed, self.stuck = 0, False

    def in_peace(self) -> int:
        """Say what has not been stored yet, and give up the lease; return the exit code."""
        self.pool.dismiss(clock.now())
        self.pool.disband()
        self.say_last_words()
        left = self.give_up_lease()
        self.tell_what_is_lost()
        if self.unclaimed:
            logger.error("leaving: %d tasks are due and cannot be claimed", self.unclaimed)
        if self.stuck:
            logger.error("leaving: tasks whose time has come stay locked by somebody else, and cannot be claimed")
        if left and not self.outbox.entries:
            logger.info("worker %s stopped", self.worker.id)
            return int(self.unclaimed > 0 or self.stuck)
        why = "" if left else " while the database does not answer"
        logger.error("leaving%s: %d endings are not stored", why, len(self.outbox))
        return 1

    def without_a_lease(self, error: store.LeaseLost) -> int:
        """End what runs, and say of what has ended how it did; return the exit code."""
        logger.error("leaving: %s Other workers settle its tasks.", error)
        self.end_all()
        with self.lease.last_chance(LAST_WORDS_SECONDS):
            self.say_last_words()
        self.tell_what_is_lost()
        return 1

    def after_an_error(self) -> None:
        """End what runs, say of what has ended how it did, and give up the lease: others settle the rest at once."""
        self.end_all()
        with self.lease.last_chance(LAST_WORDS_SECONDS):
            self.say_last_words()
            self.give_up_lease()
        self.tell_what_is_lost()

    def end_all(self) -> None:
        """End what runs; what has not begun goes back to the queue."""
        try:
            self.dispatcher.release_unread()
        except Exception:
            logger.exception("leaving without giving back what has not begun")
        for member in self.pool:
            self.dispatcher.hear(member)
        self.pool.disband()

    def say_last_words(self) -> None:
        """Try to store every ending until that is done, or there is only time left to give up the lease."""
        until = clock.now() + LAST_WORDS_SECONDS - LEAVE_SECONDS
        self.outbox.hurry()
        while self.outbox.entries and clock.now() < until:
            if not self.say(self.outbox.batch(clock.now())):
                time.sleep(AGAIN_SECONDS)

    def say(self, batch: list[Entry]) -> bool:
        """Tell whether there was anything to say, and somebody to hear it."""
        endings = [entry.ending for entry in batch]
        said = self.link.ask("turn", partial(store.last_words, self.worker.id, endings)) if batch else None
        if said is None:
            return False
        for entry in batch:
            self.heard(entry, said)
        return True

    def heard(self, entry: Entry, said: store.Turn) -> None:
        run = entry.ending.run
        if run in said.withheld:
            entry.reason, entry.not_before = said.withheld[run], clock.now() + AGAIN_SECONDS
        else:
            self.outbox.remove(entry)
            events.settled(entry, said.ended.get(run))

    def give_up_lease(self) -> bool:
        """Tell whether that could be said."""
        until = clock.now() + LEAVE_SECONDS
        while not (left := self.link.ask("farewell", self.leave)) and clock.now() < until:
            time.sleep(AGAIN_SECONDS)
        return bool(left)

    def leave(self) -> bool:
        store.leave(self.worker.id)
        return True

    def tell_what_is_lost(self) -> None:
        for entry in self.outbox.entries.values():
            events.unsaid(entry)
