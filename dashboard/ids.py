"""Ids as operators type them: whole, in part, or as the console calls a task ("charge_invoice 4e71f931").

And as forms carry them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

WHOLE = re.compile(r"^#?([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})$")
SPELLED = re.compile(r"[0-9a-f]{13}")
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
PART = re.compile(r"^(?:(\w+)\s+)?(#?)((?:-?[0-9a-fA-F]){8,32})$")


class Part(NamedTuple):
    """``digits`` begin or end an id; ``name`` is the last part of the task's path, "" when none was typed.

    ``surely`` says that it can hardly be a number that is looked for in arguments.
    """

    name: str
    digits: str
    surely: bool

    @property
    def words(self) -> str:
        return f"{self.name} …{self.digits}".strip()


def whole(text: str) -> UUID | None:
    """Return the id that ``text`` is."""
    match = WHOLE.match(text.strip())
    return UUID(match[1]) if match else None


def as_uuid(text: str) -> UUID | None:
    """Return the id that a form or a link carries."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def tick(pk: UUID, modified: datetime) -> str:
    """Return what the box of a row says: which task it is, and when that had last changed."""
    return f"{pk}@{spelled(modified)}"


def spelled(moment: datetime) -> str:
    """Return a moment in the fewest letters, as ``unspelled`` reads it: a list says it twice in each of its rows."""
    return f"{(moment - EPOCH) // MICROSECOND:x}"


def unspelled(text: str) -> datetime | None:
    return EPOCH + int(text, 16) * MICROSECOND if SPELLED.fullmatch(text) else None


def part(text: str) -> Part | None:
    """Return the part of an id that ``text`` may be."""
    match = PART.match(text.strip())
    if match is None:
        return None
    name, mark, typed = match[1] or "", match[2], match[3]
    digits = typed.replace("-", "").lower()
    return Part(name, digits, bool(mark or name) or not digits.isdecimal())
