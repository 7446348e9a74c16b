"""What must end in time: runs over their limit, cancelled ones, those of a worker that stops or lost its lease."""

from __future__ import annotations

import logging

from django_simple_queue import conf
from django_simple_queue.engine import runs
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.dispatch import STALE_SECONDS, Dispatcher
from django_simple_queue.engine.farewell import LAST_WORDS_SECONDS
from django_simple_queue.engine.lease import LOOK_SECONDS
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.store import Renewal
from django_simple_queue.models import Worker

logger = logging.getLogger("django_simple_queue.worker")
RECALL_SECONDS = 0.1


class Watch:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher, self.pool = dispatcher, dispatcher.pool
        self.grace = conf.get_shutdown_grace()
        self.stopping = False
        self.grace_until = FOREVER

    def look(self, now: float) -> None:
        self.dispatcher.recall(now)
        if now >= self.grace_until:
            self.end_all(now)
        self.pool.look(now)

    def runs_long(self, member: Member, seconds: float, now: float) -> bool:
        return member.head is not None and now - member.since >= seconds

    def something_runs_long(self, now: float) -> bool:
        return any(self.runs_long(member, LOOK_SECONDS, now) for member in self.pool)

    def compare(self, renewal: Renewal, now: float) -> None:
        """Act on what the database says is ours: cancel, drop what others took, give back what never reached us."""
        if renewal.state == Worker.State.DRAINING and not self.stopping:
            logger.info("draining: running tasks finish, nothing new is started")
            self.finish()
        known = self.dispatcher.known
        self.dispatcher.end({key for key, cancel in renewal.held.items() if cancel}, runs.CANCELLED, now)
        self.dispatcher.end(known - renewal.held.keys(), runs.NOT_OURS, now)
        self.dispatcher.give_back(renewal.held.keys() - known)

    def stop(self, requests: int, now: float) -> None:
        """Let running tasks finish within SHUTDOWN_GRACE; end them at once when asked twice."""
        if requests and self.grace_until == FOREVER:
            logger.info("stopping: running tasks have %g s to finish, a second signal ends them", self.grace)
            self.finish()
            self.grace_until = now + self.grace
        if requests > 1 and self.grace_until > now:
            logger.info("stopping at once")
            self.grace_until = now
        if self.stopping:
            self.dispatcher.release_ready()

    def wait_for_withheld(self, now: float) -> None:
        """Nothing is left to do but to store endings that are locked or refused: that must not take for ever."""
        if self.grace_until == FOREVER:
            count, seconds = len(self.dispatcher.outbox), self.grace + LAST_WORDS_SECONDS
            logger.warning("nothing else is left to do: waiting %g s for the results that wait, %d", seconds, count)
            self.finish()
            self.grace_until = now + self.grace

    def finish(self) -> None:
        """Start nothing more and give back what has not started."""
        self.stopping = True
        self.dispatcher.release_unread()

    def gives_up(self, now: float) -> bool:
        """Tell whether a stop has had all the time there is, an outage of the database notwithstanding."""
        return now >= self.grace_until + LAST_WORDS_SECONDS

    def end_all(self, now: float) -> None:
        for member in self.pool:
            if member.head is not None and not member.doomed:
                self.dispatcher.doom(member, runs.STOPPED, now)

    def next_deadline(self, now: float) -> float:
        """Return when ``look`` has something to do next."""
        deadlines = [self.grace_until if self.grace_until > now else FOREVER, self.pool.next_look()]
        if any(len(member.stream) > 1 for member in self.pool):
            deadlines.append(now + RECALL_SECONDS)
        if self.dispatcher.ready:
            deadlines.append(self.dispatcher.ready[0].waiting_since + STALE_SECONDS)
        return min(deadlines)
