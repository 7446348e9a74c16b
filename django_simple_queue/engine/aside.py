"""Rows that the database refuses to change: they are passed over for a while, and tried again, less and less often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

FIRST_WAIT, LONGEST_WAIT = 1.0, 10.0
FORGET_SECONDS = 60.0


def again_at(since: float, now: float, first: float = FIRST_WAIT, longest: float = LONGEST_WAIT) -> float:
    """Return when to try again what has been tried in vain ``since`` then."""
    return now + min(max(now - since, first), longest)


class Spell(NamedTuple):
    since: float
    until: float


class Aside:
    """A row is passed over for ``first`` seconds, then for as long as it has been refused, at most for ``longest``."""

    def __init__(self, first: float = FIRST_WAIT, longest: float = LONGEST_WAIT) -> None:
        self.first, self.longest = first, longest
        self.spells: dict[Any, Spell] = {}

    def keys(self, now: float) -> list[Any]:
        """Return the keys of the rows to pass over; one that has not been refused for long is forgotten."""
        self.spells = {key: spell for key, spell in self.spells.items() if now < spell.until + FORGET_SECONDS}
        return [key for key, spell in self.spells.items() if now < spell.until]

    def put(self, refused: Mapping[Any, str], now: float) -> dict[Any, str]:
        """Pass over the rows ``refused``, and return those of them, with the reasons, that had not been before."""
        new = {key: reason for key, reason in refused.items() if key not in self.spells}
        for key in refused:
            since = self.spells[key].since if key in self.spells else now
            self.spells[key] = Spell(since, again_at(since, now, self.first, self.longest))
        return new
