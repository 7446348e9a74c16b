"""What a run hands over, as text in bounded memory."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any, Protocol

from django_simple_queue.failure import describe
from django_simple_queue.text import cut_bytes, kind_of, storable


class Copy(Protocol):
    """Where what a generator hands over goes as well, at once; at most ``limit`` bytes of it matter."""

    def add(self, text: str, limit: int) -> None: ...


def as_text(value: Any) -> str:
    """Return text as it is, nothing for None, JSON for what JSON knows, ``str()`` for the rest."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return spelled(value)


def spelled(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"[{kind_of(value)} without a text: {describe(error)}]"


class Output:
    """Text that grows piece by piece in bounded memory: its head and its tail are kept."""

    def __init__(self, limit: int, copy: Copy | None = None) -> None:
        self.limit, self.copy = limit, copy
        self.head, self.tail = StringIO(), StringIO()
        self.length = 0

    def hand_over(self, text: str) -> None:
        self.add(text)
        if self.copy is not None:
            self.copy.add(text, self.limit)

    def add(self, text: str) -> None:
        self.length += len(text)
        if (room := self.limit - self.head.tell()) > 0:
            self.head.write(text[:room])
            text = text[room:]
        self.tail.write(text[-self.limit :])
        if self.tail.tell() > 2 * self.limit:
            self.shorten_tail()

    def shorten_tail(self) -> None:
        """Drop what nobody will read: rarely, for it copies all that is left."""
        kept = self.tail.getvalue()[-self.limit :]
        self.tail = StringIO()
        self.tail.write(kept)

    def text(self) -> str:
        """Return what there is, valid for every database and at most ``limit`` bytes."""
        head, tail = self.head.getvalue(), self.tail.getvalue()[-self.limit :]
        dropped = self.length - len(head) - len(tail)
        if not dropped:
            return storable(head + tail, self.limit)
        both = (head + tail).encode("utf-8", "replace")
        ends = cut_bytes(both, self.limit, dropped + len(both) - self.limit)
        return storable(ends.decode("utf-8", "ignore"), self.limit)
