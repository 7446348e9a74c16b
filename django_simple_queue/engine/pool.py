"""The children of a worker, and the guard that forks and ends them."""

from __future__ import annotations

import logging
import os
import selectors
import signal
from collections.abc import Callable, Iterator

from django_simple_queue.engine import clock
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.forks import CHILDREN_A_SLOT, CannotFork
from django_simple_queue.engine.guardlink import (
    HOPELESS_SECONDS,
    SILENT_SECONDS,
    GuardLink,
    collect_adopted,
    end_groups,
)
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.ward import GUARD_LOST

LEAVE_SECONDS = 2.0
REST_SECONDS = 1.0
"""Before another child is born after one that died without ever getting ready."""
PATIENCE_SECONDS = 5.0
"""With a thread that keeps another guard from being forked: error trackers start one when they hear of the loss."""
KILLED = -signal.SIGKILL
logger = logging.getLogger("django_simple_queue.worker")


class Pool:
    """``size`` children on duty, and a spare one for each that is given no more.

    ``hear`` is called with a child that has something to say, ``bury`` with one that has died: its exit code, why its
    guard ended it ("" when it did not), and at which serial.
    """

    def __init__(self, size: int, selector: selectors.BaseSelector, private: list[int]) -> None:
        self.size, self.selector, self.private = size, selector, private
        self.members: dict[int, Member] = {}
        self.guard: GuardLink | None = None
        self.hear: Callable[[Member], None]
        self.bury: Callable[[Member, int, str, int], None]
        self.ordered = 0
        self.born_again_at = self.lost_at = 0.0
        self.lease_until = FOREVER

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self.members.values()))

    @property
    def staff(self) -> list[Member]:
        return [member for member in self.members.values() if not member.retired]

    @property
    def unguarded(self) -> bool:
        return self.guard is None

    @property
    def is_guarded(self) -> bool:
        """Tell whether there is a guard that does its work: else nothing new may run."""
        return self.guard is not None and self.guard.silent_for(clock.now()) < SILENT_SECONDS

    @property
    def processes(self) -> list[int]:
        return [*([self.guard.pid] if self.guard else []), *self.members]

    def open(self) -> None:
        """Fork a guard, which must not inherit a connection, and order the children."""
        self.guard = GuardLink(self.size * CHILDREN_A_SLOT, self.shut)
        self.guard.board.lease_until = self.lease_until
        self.selector.register(self.guard.end, selectors.EVENT_READ, self.listen)
        self.keep(clock.now())

    def reopen(self, now: float) -> None:
        """Open again after the guard was lost; what the system refuses now it may grant later.

        A thread that has been started meanwhile may end, too. Raises CannotFork for one that stays.
        """
        try:
            self.open()
        except (OSError, CannotFork) as error:
            if isinstance(error, CannotFork) and now > self.lost_at + PATIENCE_SECONDS:
                raise CannotFork(f"Leaving without a guard, for a fresh worker to take over. {error}") from None
            self.born_again_at = now + REST_SECONDS
            logger.error("no guard can be forked, trying again: %s", error)

    def shut(self) -> None:
        """In the guard: close what belongs to the parent alone."""
        self.selector.close()
        for descriptor in self.private:
            os.close(descriptor)

    def extend(self, until: float) -> None:
        """Let children live until then, unless this is called again."""
        self.lease_until = until
        if self.guard:
            self.guard.board.lease_until = until

    def listen(self) -> None:
        """Do what the guard tells; one that is gone takes its children along."""
        if self.guard is None:
            return
        try:
            for message, files in self.guard.messages():
                self.told(message, files)
        except EOFError:
            self.lose_guard(self.guard)

    def told(self, message: list[object], files: list[int]) -> None:
        match message:
            case ["born", int(pid)] if self.guard and not files:
                self.turn_away(pid, self.guard)
            case ["born", int(pid)] if self.guard:
                self.welcome(Member(pid, files, self.guard.ask, self.guard.wake))
            case ["died", int(pid), int(exit_code), str(cause), int(serial)] if pid in self.members:
                self.bury(self.members[pid], exit_code, cause, serial)
            case ["problem", text]:
                logger.error("%s", text)

    def welcome(self, member: Member) -> None:
        self.ordered -= 1
        self.members[member.pid] = member
        self.selector.register(member.pipe, selectors.EVENT_READ, lambda: self.hear_living(member))
        self.promote()

    def turn_away(self, pid: int, guard: GuardLink) -> None:
        """Without its files a child is of no use."""
        self.ordered -= 1
        self.born_again_at = clock.now() + REST_SECONDS
        guard.ask("kill", pid)
        logger.error("this process may not open the files of child %d, trying again: too many are open", pid)

    def hear_living(self, member: Member) -> None:
        """One that was buried a moment ago may have been readable."""
        if member.pid in self.members:
            self.hear(member)

    def lose_guard(self, guard: GuardLink) -> None:
        """Children die with their guard; see that they are dead, and what they started."""
        logger.error("the guard (PID %d) is gone, and its children with it; another one takes its place", guard.pid)
        self.part_from(guard)
        self.lost_at = clock.now()
        self.born_again_at = self.lost_at if any(member.ready for member in self) else self.lost_at + REST_SECONDS
        for member in self:
            self.bury(member, KILLED, GUARD_LOST, 0)

    def keep(self, now: float) -> None:
        """Let worn-out children go, put spare ones in their place, and order those that are missing."""
        if self.guard is None:
            return
        self.let_go(now)
        self.promote()
        wanted = self.size + sum(member.on_duty and member.needs_successor for member in self.staff)
        missing = min(wanted, 2 * self.size) - len(self.staff) - self.ordered
        if missing > 0 and now >= self.born_again_at:
            self.ordered += missing
            self.guard.ask("fork", missing)

    def let_go(self, now: float) -> None:
        for member in self.members.values():
            member.retired = member.retired or member.may_retire
            if member.may_leave(now):
                member.dismiss(now)

    def promote(self) -> None:
        """Let spare children take the places that are free."""
        staff = self.staff
        places = self.size - sum(member.on_duty for member in staff)
        for member in [member for member in staff if not member.on_duty][: max(places, 0)]:
            member.on_duty = True

    def deafen(self, member: Member) -> None:
        """The child's pipe is at its end; of its death the guard tells."""
        if member.pipe in self.selector.get_map():
            self.selector.unregister(member.pipe)

    def remove(self, member: Member, now: float) -> None:
        del self.members[member.pid]
        self.deafen(member)
        member.close()
        if not member.ready:
            self.born_again_at = now + REST_SECONDS
        self.promote()

    def look(self, now: float) -> None:
        """End children that do not leave, and a guard that does not do its work."""
        for member in self:
            if member.gone_by is None or now < member.gone_by:
                continue
            if member.leaving and not member.killed:
                member.kill(now)
            else:
                self.end_guard()
        if self.guard and self.guard.silent_for(now) > HOPELESS_SECONDS:
            self.end_guard()
        if self.lost_at:
            collect_adopted(self.guard.pid if self.guard else 0)

    def end_guard(self) -> None:
        if self.guard:
            logger.error("the guard does not answer, so it is ended")
            self.guard.kill()

    def next_look(self) -> float:
        return min((member.gone_by for member in self.members.values() if member.gone_by), default=FOREVER)

    def dismiss(self, now: float) -> None:
        """Let all children leave, which are idle now."""
        for member in self:
            if not member.leaving:
                member.dismiss(now)
        while self.members and self.guard and clock.now() < now + LEAVE_SECONDS:
            for key, _ in self.selector.select(0.05):
                key.data()

    def disband(self) -> None:
        """End whoever is still there."""
        if self.guard is not None:
            self.part_from(self.guard)
        for member in self:
            self.remove(member, 0)

    def part_from(self, guard: GuardLink) -> None:
        """Hang up on the guard; one that was killed has not ended the process groups of its children, so we do."""
        self.selector.unregister(guard.end)
        self.guard, self.ordered = None, 0
        guard.close()
        end_groups(self.members, LEAVE_SECONDS)
