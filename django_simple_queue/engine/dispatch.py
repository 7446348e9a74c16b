"""Where claimed tasks meet children: hands out, hears, takes back, and turns every way to end into an ending."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from django_simple_queue import conf
from django_simple_queue.engine import clock, events, messages, runs, store
from django_simple_queue.engine.aside import Aside
from django_simple_queue.engine.member import TELL_SECONDS, Member
from django_simple_queue.engine.outbox import Entry, Outbox
from django_simple_queue.engine.pace import Pace
from django_simple_queue.engine.pool import Pool
from django_simple_queue.engine.runs import Doom, Run
from django_simple_queue.engine.store import Claimed, Ending, Key
from django_simple_queue.engine.telling import Telling
from django_simple_queue.engine.ward import TIMEOUT

logger = logging.getLogger("django_simple_queue.worker")


AHEAD_SECONDS = 0.1
"""How much work, by the pace of its kind, may wait at a child; a run that takes longer keeps nothing waiting."""
AHEAD_RUNS, AHEAD_RUNS_ONCE = 100, 20
"""And how many runs; fewer of tasks that are never tried twice: a worker that is killed loses what it has claimed."""
STALE_SECONDS = 0.2
"""What no child could take for so long goes back to the queue, for other workers."""
LEFT = "child %d: %s has left something behind, %s, so both are ended"


class Dispatcher:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.outbox = Outbox()
        self.pace, self.aside = Pace(), Aside()
        self.ready: deque[Run] = deque()
        self.serials = count(1)
        self.some_run_once = True
        self.telling = Telling(pool, self.serials)
        self.log_limit, self.output_limit = conf.get_max_log_size(), conf.get_max_output_size()
        self.timeout = conf.get_task_timeout()

    @property
    def busy(self) -> bool:
        """Whether something is to be done that is not out of our hands, as endings that are withheld are."""
        return bool(self.ready) or self.outbox.has_news or any(member.runs for member in self.pool)

    @property
    def known(self) -> set[Key]:
        """Every run that is somewhere in this worker."""
        sent = {run.key for member in self.pool for run in member.runs}
        return sent | {run.key for run in self.ready} | self.outbox.entries.keys()

    def demand(self, now: float) -> tuple[int, bool]:
        """Return how many runs to claim, and whether that is urgent or worth a claim of its own.

        What a child will have done before a claim is answered is claimed as well: it must not run dry meanwhile.
        """
        depth = self.depth
        room = sum(self.room(member, now, depth, member.lately) for member in self.pool) - len(self.ready)
        hungry = sum(member.hungry for member in self.pool) > len(self.ready)
        return max(room, 0), hungry or room * 2 >= self.pool.size * depth

    @property
    def depth(self) -> int:
        """How many typical runs a child may have waiting."""
        if not messages.CAN_TAKE_BACK:
            return 1
        most = AHEAD_RUNS_ONCE if self.some_run_once else AHEAD_RUNS
        return max(1, min(most, int(AHEAD_SECONDS / max(self.pace.typical, 0.0001))))

    def room(self, member: Member, now: float, depth: int, answers: int = 0) -> int:
        """Return how many more runs ``member`` may have, were ``answers`` of those it has now over."""
        if not member.open or (member.stream and now - member.since > AHEAD_SECONDS):
            return 0
        room = depth - max(len(member.stream) - answers, 0)
        return max(min(room, member.worn_out_at - member.given), int(member.hungry))

    def accept(self, rows: Sequence[Claimed]) -> None:
        now = clock.now()
        if rows:
            self.some_run_once = any(row.max_attempts == 1 for row in rows)
        self.ready.extend(Run(row, next(self.serials), now, self.limit_of(row)) for row in rows)
        for member in self.pool:
            member.lately = 0

    def limit_of(self, row: Claimed) -> int:
        return (self.timeout if row.timeout is None else row.timeout) or 0

    def hand_out(self, now: float) -> None:
        """Give what is ready, in order, to the children that come to it first."""
        if not (self.ready and self.pool.is_guarded):
            return
        depth = self.depth
        backlogs = {member.pid: self.backlog(member) for member in self.pool if self.room(member, now, depth)}
        while self.ready and backlogs:
            run = self.ready[0]
            pid = min(backlogs, key=backlogs.__getitem__)
            member, seconds = self.pool.members[pid], self.pace.of(run.claimed.task)
            if (member.stream and backlogs[pid] + seconds > AHEAD_SECONDS) or not self.give(member, run, now):
                return
            self.ready.popleft()
            backlogs[pid] += seconds
            if not self.room(member, now, depth):
                del backlogs[pid]

    def give(self, member: Member, run: Run, now: float) -> bool:
        """Give ``run``, or settle one that cannot be given; False when it has to wait."""
        try:
            return member.give(run, now)
        except OSError as error:
            self.release([run])
            reason = {store.key_of(run.claimed.id): f"it cannot be handed out ({error})"}
            events.passed_over(self.aside.put(reason, now))
        except (TypeError, ValueError) as error:
            self.outbox.add(Entry(run.unfit(error), now, unreported=True))
        return True

    def backlog(self, member: Member) -> float:
        return sum(self.pace.of(run.claimed.task) for run in member.runs)

    def recall(self, now: float) -> None:
        """Take back what waits behind a run that turns out to be slow, or for a guard that does its work again.

        What nobody here can take soon is given up.
        """
        guarded = self.pool.is_guarded
        for member in self.pool:
            if not guarded or (len(member.stream) > 1 and now - member.since > AHEAD_SECONDS):
                self.take_back(member, now)
        if self.ready and now - self.ready[0].waiting_since > STALE_SECONDS:
            self.release_ready()

    def take_back(self, member: Member, now: float) -> None:
        taken = member.take_back()
        for run in taken:
            run.waiting_since = now
        self.ready.extendleft(reversed(taken))

    def hear(self, member: Member) -> None:
        """Read what a child has to say; one that talks nonsense is ended."""
        try:
            for verb, serial, worn_out, *details in member.frames.read(member.pipe):
                if worn_out:
                    member.worn_out_at = 0
                self.note(member, verb, serial, details)
        except EOFError:
            self.pool.deafen(member)
        except (messages.Malformed, TypeError, ValueError) as error:
            logger.error("child %d says what cannot be understood, so it is ended: %s", member.pid, error)
            member.kill(clock.now())

    def note(self, member: Member, verb: str, serial: int, details: list[Any]) -> None:
        now = clock.now()
        if verb == "ready":
            member.ready = True
        elif verb == "refused":
            self.refused(member, serial, now)
        elif (run := member.answered(serial, now)) is not None and verb == "done":
            awaits, ended_at, left, *report = details
            ending = run.reported(member.pid, report)
            self.pace.note(run.claimed.task, ending.ran_seconds or 0)
            entry = Entry(ending, now, serial, member.pid if awaits else None, ended_at=ended_at)
            if left:
                logger.warning(LEFT, member.pid, run.claimed.task, left)
                member.replace(entry, now, holds=ending.fails or run.doom is runs.CANCELLED)
            member.owed += entry.pid is not None
            self.outbox.add(entry)
            member.outlive()

    def refused(self, member: Member, serial: int, now: float) -> None:
        """The child has grown too big or is spoilt: another one takes what it has not begun."""
        self.take_back(member, now)
        if (run := member.refused(serial)) is not None:
            run.doom = None
            self.ready.appendleft(run)
        member.outlive()

    def bury(self, member: Member, exit_code: int, cause: str, serial: int) -> None:
        """Settle what a dead child leaves: its last words count, what it never read goes to others."""
        now = clock.now()
        self.hear(member)
        self.take_back(member, now)
        if member.telling and cause == TIMEOUT:
            logger.error("child %d is ended: receivers of its signals took over %g s", member.pid, TELL_SECONDS)
        for run in member.runs:
            self.pace.note(run.claimed.task, now - member.since)
            doom = runs.doom_of(run, exit_code, cause, serial)
            if run.doom is None:
                logger.warning("child %d: %s", member.pid, doom.error)
            if doom is not runs.NOT_OURS:
                left = member.traces.read(self.log_limit, self.output_limit)
                ending = run.doomed(doom, member.pid, now - member.since, left)
                self.outbox.add(Entry(ending, now, unreported=True))
        if member.held is not None:
            member.held.not_before = 0.0
        self.pool.remove(member, now)

    def release(self, rows: Iterable[Run]) -> None:
        """Give back runs that have not started."""
        now = clock.now()
        for run in rows:
            self.outbox.add(Entry(run.ending("release"), now))

    def release_unread(self) -> None:
        for member in self.pool.staff:
            self.take_back(member, clock.now())
        self.release_ready()

    def release_ready(self) -> None:
        self.release(self.ready)
        self.ready.clear()

    def give_back(self, keys: Iterable[Key]) -> None:
        """Release rows that are ours in the database and unknown here: the answer to that claim was lost."""
        now = clock.now()
        for task_id, epoch in keys:
            logger.warning("task %s was claimed by a lost answer, giving it back", task_id)
            self.outbox.add(Entry(Ending(task_id, epoch, "release"), now))

    def end(self, keys: set[Key], doom: Doom, now: float) -> None:
        """End the runs named, wherever they are."""
        for member in self.pool:
            if keys.intersection(run.key for run in member.runs):
                self.take_back(member, now)
                if member.head is not None and member.head.key in keys:
                    self.doom(member, doom, now)
        waiting = [run for run in self.ready if run.key in keys]
        if doom is not runs.NOT_OURS:
            self.release(waiting)
        for run in waiting:
            self.ready.remove(run)

    def doom(self, member: Member, doom: Doom, now: float) -> None:
        """End the run that the child is at, and never the one after it: that is taken back first."""
        head = member.head
        self.take_back(member, now)
        self.hear(member)
        if member.head is head and not member.doomed:
            member.doom(doom, now)
