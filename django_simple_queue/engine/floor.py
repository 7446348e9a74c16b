"""Where claimed tasks meet children: hands out, hears, takes back, and turns every way to end into an ending."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from itertools import count
from typing import Any

from django_simple_queue import conf
from django_simple_queue.engine import clock, messages, runs
from django_simple_queue.engine.crew import Crew
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.outbox import Entry, Outbox
from django_simple_queue.engine.runs import Doom, Key, Run
from django_simple_queue.engine.store import Claimed, Ending
from django_simple_queue.models import Task

logger = logging.getLogger("django_simple_queue.worker")


class Floor:
    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.outbox = Outbox()
        self.ready: deque[Run] = deque()
        self.serials = count(1)
        self.failures_to_tell: deque[str] = deque()
        self.log_limit = conf.get_max_log_size()

    @property
    def busy(self) -> bool:
        return bool(self.ready or self.outbox.entries) or any(member.sent for member in self.crew)

    @property
    def telling(self) -> bool:
        listener = any(not member.doomed for member in self.crew)
        return (listener and bool(self.failures_to_tell)) or any(member.telling for member in self.crew)

    @property
    def known(self) -> set[Key]:
        """Every run that is somewhere in this worker."""
        sent = {run.key for member in self.crew for run in member.sent.values()}
        return sent | {run.key for run in self.ready} | self.outbox.entries.keys()

    @property
    def free_slots(self) -> int:
        return max(sum(member.hungry for member in self.crew) - len(self.ready), 0)

    def accept(self, rows: Iterable[Claimed]) -> None:
        self.ready.extend(Run(row, next(self.serials)) for row in rows)

    def hand_out(self, now: float) -> None:
        """Give what is ready to the children that are free."""
        for member in self.crew:
            if not self.ready:
                return
            if member.hungry and member.give(self.ready[0], now):
                self.ready.popleft()

    def hear(self, member: Member) -> None:
        """Read what a child has to say; one that talks nonsense is ended."""
        try:
            for verb, serial, hears_failures, *details in member.frames.read(member.pipe):
                member.hears_failures = hears_failures
                self.note(member, verb, serial, details)
        except EOFError:
            self.crew.deafen(member)
        except (messages.Malformed, TypeError, ValueError) as error:
            logger.error("child %d says what cannot be understood, so it is ended: %s", member.pid, error)
            member.kill()

    def note(self, member: Member, verb: str, serial: int, details: list[Any]) -> None:
        member.since = now = clock.now()
        if verb == "ready":
            member.ready = True
        elif verb == "told":
            member.telling.pop(serial, None)
        elif verb == "done" and (run := member.sent.pop(serial, None)) is not None:
            awaits, *report = details
            ending = run.reported(member.pid, report)
            self.outbox.add(Entry(ending, now, serial, member.pid if awaits else None))

    def bury(self, member: Member, exit_code: int) -> None:
        """Settle what a dead child leaves: its last words count, what it never read goes to others."""
        now = clock.now()
        self.hear(member)
        self.ready.extendleft(reversed(member.take_back()))
        for run in member.sent.values():
            doom = run.doom or runs.crashed(exit_code)
            if run.doom is None:
                logger.warning("child %d: %s", member.pid, doom.error)
            if doom is not runs.NOT_OURS:
                ending = run.doomed(doom, member.pid, now - member.since, member.log.read(self.log_limit))
                self.outbox.add(Entry(ending, now, unreported=True))
        self.crew.bury(member, now)

    def release(self, rows: Iterable[Run]) -> None:
        """Give back runs that have not started."""
        now = clock.now()
        for run in rows:
            self.outbox.add(Entry(run.ending("release"), now))

    def release_unread(self) -> None:
        for member in self.crew.staff:
            self.ready.extend(member.take_back())
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

    def settled(self, entry: Entry, status: int | None) -> None:
        """The ending is durable (or was not ours: None): tell the child that waits for it, or one that can."""
        member = self.crew.members.get(entry.pid or 0)
        if member is not None:
            message = ["ended", entry.serial, -1 if status is None else status]
            member.tell(entry.serial, message, clock.now())
        elif entry.unreported and status == Task.FAILED:
            self.failures_to_tell.append(str(entry.ending.id))

    def tell_failures(self, now: float) -> None:
        """Let a free child fire on_failure for runs whose own child cannot."""
        for member in self.crew:
            if self.failures_to_tell and member.hungry and member.ready:
                task_id = self.failures_to_tell.popleft()
                if member.hears_failures:
                    serial = next(self.serials)
                    member.tell(serial, ["died", serial, task_id], now)

    def end(self, keys: set[Key], doom: Doom, now: float) -> None:
        """End the runs named, wherever they are."""
        for member in self.crew:
            if member.head is not None and member.head.key in keys:
                member.doom(doom, now)
        waiting = [run for run in self.ready if run.key in keys]
        if doom is not runs.NOT_OURS:
            self.release(waiting)
        for run in waiting:
            self.ready.remove(run)
