"""The parent: claims, hands out, settles, renews. One thread, no user code, the only writer of the queue."""

from __future__ import annotations

import logging
import selectors

from django_simple_queue.engine import clock, events, store
from django_simple_queue.engine.bell import Bell
from django_simple_queue.engine.burst import Burst
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.dispatch import Dispatcher
from django_simple_queue.engine.farewell import Farewell
from django_simple_queue.engine.house import House
from django_simple_queue.engine.lease import Lease
from django_simple_queue.engine.link import Link
from django_simple_queue.engine.live import Live
from django_simple_queue.engine.options import Options
from django_simple_queue.engine.outbox import Entry
from django_simple_queue.engine.poll import Poll
from django_simple_queue.engine.pool import Pool
from django_simple_queue.engine.stopping import Signals
from django_simple_queue.engine.watch import Watch
from django_simple_queue.models import Worker

FLUSH_SECONDS = 0.02
logger = logging.getLogger("django_simple_queue.worker")


class Parent:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.worker = options.new_worker()
        self.selector = selectors.DefaultSelector()
        self.signals = Signals()
        self.pool = Pool(options.slots, self.selector, [self.signals.pipe, self.signals.writer])
        self.dispatcher = Dispatcher(self.pool)
        self.watch = Watch(self.dispatcher)
        self.live = Live(self.pool, self.dispatcher.hear)
        self.bell = Bell(self.selector, options.queues)
        self.link, self.poll = Link(self.bell), Poll()
        self.lease = Lease(self.worker, self.pool, self.link)
        self.farewell = Farewell(self.worker, self.dispatcher, self.link, self.lease)
        self.bookmarks = store.Bookmarks()
        self.left_to_claim = float("inf") if options.max_tasks is None else options.max_tasks
        self.house = House(self.worker.id, self.link, self.lease)
        self.burst = Burst(options, self.link, self.house)

    def run(self) -> int:
        """Work until told to stop or until there is nothing left to do; return the exit code."""
        self.signals.watch()
        self.selector.register(self.signals.pipe, selectors.EVENT_READ, self.signals.read)
        try:
            self.pool.hear, self.pool.bury = self.dispatcher.hear, self.dispatcher.bury
            store.prepare()
            self.pool.open()
            self.register()
            return self.work()
        except store.LeaseLost as error:
            return self.farewell.without_a_lease(error)
        finally:
            self.lease.disarm()
            self.pool.disband()
            self.signals.unwatch()

    def work(self) -> int:
        """Take turns until done; an error that nobody expected ends the worker, but loses no ending."""
        try:
            while not self.is_done(clock.now()):
                self.turn()
        except store.LeaseLost:
            raise
        except BaseException:
            self.farewell.after_an_error()
            raise
        return self.farewell.in_peace()

    def register(self) -> None:
        asked_at = clock.now()
        self.link.insist(lambda: store.register(self.worker))
        self.lease.moved(asked_at)
        logger.info("worker %s started as %s", self.worker.id, self.worker)

    def is_done(self, now: float) -> bool:
        """Tell whether there is nothing left to do, or no more time to do it."""
        if self.watch.gives_up(now):
            return True
        if self.dispatcher.busy or not (self.watch.stopping or self.left_to_claim <= 0):
            return False
        if self.dispatcher.outbox.entries:
            self.watch.wait_for_withheld(now)
            return False
        return now >= self.watch.grace_until or not self.dispatcher.telling.goes_on

    def turn(self) -> None:
        """Sleep until something happens or is due, then do all that is due."""
        self.listen(clock.now())
        for key, _ in self.selector.select(self.pause(clock.now())):
            key.data()
        now = clock.now()
        self.listen(now)
        self.watch.stop(self.signals.asked, now)
        self.watch.look(now)
        self.renew_pool(now)
        self.dispatcher.telling.tell_failures(now)
        self.dispatcher.hand_out(now)
        # Each of these may have to wait for a lock, on MySQL for a second; the lease does not wait.
        for chore in (self.keep_house, self.show_running, self.settle_and_claim):
            self.keep_lease(clock.now())
            chore(now)
        self.burst.tell(now)
        self.dispatcher.hand_out(now)

    def listen(self, now: float) -> None:
        work, cancel = self.bell.heard(now)
        if work:
            self.poll.ring(now)
        if cancel:
            self.lease.renew_at = now

    def pause(self, now: float) -> float:
        """Return the seconds until the next thing is due."""
        birth = self.pool.born_again_at if self.pool.unguarded and not self.watch.stopping else now + 1
        due = [self.watch.next_deadline(now), self.next_question(now), birth, self.bell.look_at]
        return max(min(*due, now + 1) - now, 0)

    def next_question(self, now: float) -> float:
        """Return when the database is to be asked something again."""
        free_at = self.link.free_at
        lease_at, turn_at = self.lease.due_at(self.watch.something_runs_long(now)), self.turn_at(now)
        due = [max(lease_at, free_at("lease")), max(self.live.due_at(), free_at("live")), max(turn_at, free_at("turn"))]
        return min(due) if self.watch.stopping else min(*due, max(self.house.due_at, free_at("house")))

    def turn_at(self, now: float) -> float:
        wanted, worth_it = self.wanted(now)
        claim_at = self.poll.next_at if wanted and worth_it else FOREVER
        return min(claim_at, self.flush_at() if self.dispatcher.outbox.entries else FOREVER)

    def wanted(self, now: float) -> tuple[int, bool]:
        """Return how many tasks to claim, and whether to claim them now rather than with the next endings."""
        if self.watch.stopping or self.lease.is_over or self.left_to_claim <= 0 or not self.pool.is_guarded:
            return 0, False
        room, worth_it = self.dispatcher.demand(now)
        return int(min(room, self.left_to_claim)), worth_it

    def flush_at(self) -> float:
        """Endings wait for company while children are busy."""
        company = any(member.runs for member in self.pool)
        return self.dispatcher.outbox.oldest + (FLUSH_SECONDS if company else 0)

    def show_running(self, now: float) -> None:
        if now < self.live.due_at():
            return
        glimpses = self.live.look(now)
        if glimpses and self.link.ask("live", lambda: store.show(self.worker.id, glimpses)) is None:
            self.live.forget()

    def settle_and_claim(self, now: float) -> None:
        """One short transaction: what has ended, and what is wanted next."""
        wanted, worth_it = self.wanted(now)
        claiming = wanted and worth_it and now >= self.poll.next_at
        settling = self.dispatcher.outbox.entries and now >= self.flush_at()
        if not (settling or claiming) or now < self.link.free_at("turn"):
            return
        batch = self.dispatcher.outbox.batch(clock.now())
        endings, aside = [entry.ending for entry in batch], self.dispatcher.aside.keys(now)
        queues, bookmarks = self.options.queues, self.bookmarks
        turn = self.link.ask("turn", lambda: store.turn(self.worker.id, endings, wanted, queues, aside, bookmarks))
        if turn is None or not turn.looked:
            self.lease.renew_at = now
        if turn is None:
            return
        self.accept(turn)
        self.settled(batch, turn)
        self.claimed(turn, wanted if turn.looked else 0, now)

    def accept(self, turn: store.Turn) -> None:
        """What is claimed is ours, before anything is said: an error then, as in a log handler, gives it back."""
        self.left_to_claim -= len(turn.claimed)
        self.dispatcher.accept(turn.claimed)

    def settled(self, batch: list[Entry], turn: store.Turn) -> None:
        for entry in batch:
            if (reason := turn.withheld.get(entry.ending.run)) is not None:
                self.withhold(entry, reason)
                continue
            self.dispatcher.outbox.remove(entry)
            entry.ending = turn.reworded.get(entry.ending.run, entry.ending)
            status = turn.ended.get(entry.ending.run)
            events.settled(entry, status)
            self.burst.ended(status)
            self.left_to_claim += status is not None and entry.ending.verb == "release"
            self.dispatcher.telling.settled(entry, status)

    def withhold(self, entry: Entry, reason: str) -> None:
        if self.dispatcher.outbox.withhold(entry, reason, clock.now()):
            events.withheld(entry, reason)

    def claimed(self, turn: store.Turn, wanted: int, now: float) -> None:
        events.claimed(turn.claimed)
        events.passed_over(self.dispatcher.aside.put(turn.refused, clock.now()))
        if wanted:
            self.poll.found(len(turn.claimed), wanted, now, self.bell.rings)
            self.house.expect(turn.wait, now)
            self.leave_if_done(turn, now)

    def leave_if_done(self, turn: store.Turn, now: float) -> None:
        if turn.claimed:
            self.burst.goes_on()
        elif not self.dispatcher.busy and self.burst.is_over(now):
            self.farewell.unclaimed, self.farewell.stuck = len(self.dispatcher.aside.keys(now)), self.burst.stuck
            self.watch.finish()

    def keep_lease(self, now: float) -> None:
        if now < self.lease.due_at(self.watch.something_runs_long(now)):
            return
        renewal = self.link.ask("lease", self.lease.renew)
        if renewal is None:
            self.lease.renew_at = now
        else:
            self.watch.compare(renewal, now)

    def keep_house(self, now: float) -> None:
        tick = None if now < self.house.due_at or self.watch.stopping else self.house.keep(now)
        if tick is None:
            return
        self.dispatcher.telling.failures.extend((str(task.pk), task.task) for task in tick.failed)
        self.hear_of_drain(tick.state, now)
        if tick.promoted:
            self.poll.ring(now)

    def hear_of_drain(self, state: str, now: float) -> None:
        """Renew at once: what a renewal says is acted on."""
        if state == Worker.State.DRAINING:
            self.lease.renew_at = now

    def renew_pool(self, now: float) -> None:
        """Replace children that died or are worn out, and a guard that died: it must inherit no connection."""
        if self.watch.stopping:
            self.pool.let_go(now)
            return
        if self.pool.unguarded and now >= self.pool.born_again_at:
            self.link.hang_up()
            self.pool.reopen(now)
        self.pool.keep(now)
