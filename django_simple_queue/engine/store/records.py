"""What travels between the parent and the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django_simple_queue.backoff import Interruption
from django_simple_queue.failure import Failure
from django_simple_queue.models import Attempt
from django_simple_queue.reporting import Progress

Key = tuple[UUID, int]
"""A task's id and epoch, which name one run of it for ever."""


NOT_STORED = "ResultNotStored"


class LeaseLost(Exception):
    """Our Worker row is not live any more: claim nothing, end the children and leave."""


class NoAnswer(Interruption):
    """The database has been silent for too long: who asked it must hang up and ask again."""


@dataclass(slots=True)
class Claimed:
    """A run that is ours; ``attempt`` counts it already. ``args`` and ``positional`` are JSON text, "" when empty."""

    id: UUID
    epoch: int
    attempt: int
    max_attempts: int
    task: str
    args: str
    positional: str
    timeout: int | None
    queue: str
    priority: int
    run_after: datetime

    def place(self) -> tuple[int, datetime, UUID]:
        """Return what rows are claimed in the order of."""
        return -self.priority, self.run_after, self.id


@dataclass(slots=True)
class Ending:
    """How a run ended: ``verb`` is "complete", "fail", "interrupt" or "release".

    ``outcome`` is an Attempt.Outcome (for "fail" and "interrupt"); None in ``output`` or ``log`` leaves the row's text;
    ``ran_seconds`` dates the start back from the end of the run (None: the claim counts as the start), and
    ``waited_seconds`` that end from the moment at which it is stored: the database may have been away;
    ``shown`` is its last progress; ``retry`` and ``after`` are those of Failure; ``delay`` is how many seconds the next
    attempt waits, should there be one. Texts are storable and bounded already.
    """

    id: UUID
    epoch: int
    verb: str
    task: str = ""
    attempt: int = 0
    outcome: str = ""
    output: str | None = None
    log: str | None = None
    error: str = ""
    error_class: str = ""
    frames: str = ""
    ran_seconds: float | None = None
    waited_seconds: float = 0.0
    worker_pid: int | None = None
    retry: bool = True
    after: float | None = None
    delay: float | None = None
    shown: Progress | None = None

    @property
    def run(self) -> Key:
        return self.id, self.epoch

    @property
    def fails(self) -> bool:
        return self.verb in ("fail", "interrupt")

    @property
    def failure(self) -> Failure:
        return Failure(self.error, self.error_class[:200], self.frames, self.retry, self.after)

    @property
    def is_rejected(self) -> bool:
        """Whether this is what ``rejected`` has made."""
        return self.error_class == NOT_STORED

    def rejected(self, reason: BaseException) -> Ending:
        """Return the ending that takes the place of one that the database refused to store."""
        return Ending(
            self.id,
            self.epoch,
            "fail",
            self.task,
            self.attempt,
            Attempt.Outcome.FAILED,
            error=f"The result of this run could not be stored: {ascii(reason)[:500]}",
            error_class=NOT_STORED,
            ran_seconds=self.ran_seconds,
            waited_seconds=self.waited_seconds,
            retry=False,
        )


@dataclass(slots=True)
class Glimpse:
    """What a run has shown so far; None leaves the row as it is. Texts are storable and bounded already."""

    id: UUID
    epoch: int
    output: str | None = None
    log: str | None = None
    progress: Progress | None = None


@dataclass(slots=True)
class Turn:
    """``ended`` has the final status of each accepted ending; one that is missing was fenced out: drop it.

    ``withheld`` are runs whose ending could not be written yet, and why: say it again. ``wait`` is in how many seconds
    the next row's time comes, when nothing could be claimed; ``looked``: whether that was tried at all. ``refused`` are
    the database's keys of rows that it lets nobody claim, and why: pass them over for a while. ``reworded`` are endings
    that were written in place of those that could not be stored.
    """

    ended: dict[Key, int] = field(default_factory=dict)
    claimed: list[Claimed] = field(default_factory=list)
    wait: float | None = None
    withheld: dict[Key, str] = field(default_factory=dict)
    looked: bool = True
    refused: dict[Any, str] = field(default_factory=dict)
    reworded: dict[Key, Ending] = field(default_factory=dict)

    def add(self, other: Turn) -> Turn:
        self.ended |= other.ended
        self.withheld |= other.withheld
        self.reworded |= other.reworded
        return self


@dataclass(slots=True)
class Renewal:
    """``held`` are the runs still ours and whether their cancellation is asked for; ``state`` is our Worker row's."""

    state: str
    held: dict[Key, bool]
