"""Endings that wait to become durable."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_simple_queue.engine.aside import again_at
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.store import Ending, Key

BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Entry:
    """``pid`` is the child that wants to hear of the ending of its run ``serial``; ``unreported``: no child can.

    ``since`` is when we heard of it; ``ended_at`` when the run was over, if its child has said so.
    ``not_before``: it could not be written, for the ``reason`` of a lock or a refusal, and is tried again then.
    """

    ending: Ending
    since: float
    serial: int = 0
    pid: int | None = None
    unreported: bool = False
    ended_at: float | None = None
    not_before: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class Outbox:
    entries: dict[Key, Entry] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, entry: Entry) -> None:
        self.entries[entry.ending.run] = entry

    @property
    def has_news(self) -> bool:
        """Whether there is an ending that has not been tried in vain."""
        return any(not entry.reason for entry in self.entries.values())

    @property
    def oldest(self) -> float:
        return min((max(entry.since, entry.not_before) for entry in self.entries.values()), default=FOREVER)

    def batch(self, now: float) -> list[Entry]:
        """Return what goes into the next transaction: bounded in rows and bytes, at least one."""
        chosen: list[Entry] = []
        size = 0
        for entry in self.entries.values():
            if entry.not_before > now:
                continue
            size += len(entry.ending.output or "") + len(entry.ending.log or "") + len(entry.ending.error)
            if chosen and (size > BATCH_BYTES or len(chosen) == BATCH_ROWS):
                break
            entry.ending.waited_seconds = max(now - (entry.ended_at or entry.since), 0.0)
            chosen.append(entry)
        return chosen

    def withhold(self, entry: Entry, reason: str, now: float) -> bool:
        """Let an ending wait that could not be written; tell whether it does so for the first time."""
        first, entry.reason = not entry.reason, reason
        entry.not_before = again_at(entry.since, now)
        return first

    def hurry(self) -> None:
        """Let nothing wait any longer."""
        for entry in self.entries.values():
            entry.not_before = 0.0

    def remove(self, entry: Entry) -> None:
        del self.entries[entry.ending.run]
