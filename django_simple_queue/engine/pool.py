"""The children of a worker: born, watched, replaced, buried."""

from __future__ import annotations

import gc
import os
import selectors
from collections.abc import Callable, Iterator

from django_simple_queue.engine import child, clock, messages
from django_simple_queue.engine.forks import prepare_to_fork
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.traces import Traces

LEAVE_SECONDS = 2.0
REST_SECONDS = 1.0
"""Before another child is born after one that died without ever getting ready."""


class Pool:
    """``size`` children; ``hear`` is called with a child that has something to say."""

    def __init__(self, size: int, selector: selectors.BaseSelector, private: list[int]) -> None:
        self.size, self.selector, self.private = size, selector, private
        self.members: dict[int, Member] = {}
        self.born_again_at = 0.0

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self.members.values()))

    @property
    def staff(self) -> list[Member]:
        return [member for member in self.members.values() if not member.leaving]

    @property
    def missing(self) -> int:
        return self.size - len(self.staff)

    def fill(self, hear: Callable[[Member], None], now: float) -> None:
        """Fork the children that are missing."""
        if self.missing <= 0 or now < self.born_again_at:
            return
        prepare_to_fork()
        gc.freeze()
        while self.missing > 0:
            member = self.fork()
            self.members[member.pid] = member
            self.selector.register(member.pipe, selectors.EVENT_READ, lambda member=member: hear(member))

    def fork(self) -> Member:
        ours, theirs = messages.channel()
        reader, writer = os.pipe()
        traces = Traces()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self.shut_private([ours.detach(), reader])
            child.main(child.Ends(theirs, writer, traces), parent)
        os.close(writer)
        os.set_blocking(reader, False)
        ours.setblocking(False)
        return Member(ours, theirs, reader, traces, pid)

    def shut_private(self, also: list[int]) -> None:
        """In a child: close what belongs to the parent and to other children, else nobody ever sees an end of file."""
        self.selector.close()
        for descriptor in [*also, *self.private, *(fd for member in self for fd in member.descriptors)]:
            if descriptor >= 0:
                os.close(descriptor)

    def replace_worn_out(self, now: float) -> None:
        for member in self.staff:
            if member.worn_out:
                member.dismiss(now)

    def dead(self) -> Iterator[tuple[Member, int]]:
        """Yield the children that have died, with their exit code; what is left of their process group is killed."""
        for member in self:
            if (exit_code := collected(member)) is not None:
                yield member, exit_code

    def deafen(self, member: Member) -> None:
        """The child's pipe is at its end; its death is told by a signal."""
        if member.pipe in self.selector.get_map():
            self.selector.unregister(member.pipe)

    def bury(self, member: Member, now: float) -> None:
        del self.members[member.pid]
        self.deafen(member)
        member.close()
        if not member.ready:
            self.born_again_at = now + REST_SECONDS

    def kill_overdue(self, now: float) -> None:
        for member in self.members.values():
            if member.kill_at is not None and now >= member.kill_at:
                member.kill()

    def dismiss(self, now: float) -> None:
        """Let all children leave, which are idle now."""
        for member in self.staff:
            member.dismiss(now)
        while self.members and clock.now() < now + LEAVE_SECONDS:
            self.selector.select(0.05)
            self.bury_all()

    def disband(self) -> None:
        """End whoever is still there."""
        for member in self:
            member.kill()
            os.waitpid(member.pid, 0)
            self.bury(member, 0)

    def bury_all(self) -> None:
        for member, _ in list(self.dead()):
            self.bury(member, 0)

    def trim_logs(self, limit: int) -> None:
        for member in self.members.values():
            if member.stream:
                member.log.trim(limit)


def collected(member: Member) -> int | None:
    """Return the exit code of a child that has died; its group is killed while its number cannot be anybody else's."""
    if hasattr(os, "waitid"):
        if os.waitid(os.P_PID, member.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        member.kill()
    pid, status = os.waitpid(member.pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None
