"""Names of what a live region shows: the same name means that a poll would change nothing."""

from __future__ import annotations

import hashlib
import time

clock = time.time


def tag_of(*seen: object) -> str:
    """Return the same short text for the same values, in every process."""
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:16]


def age(seconds: int) -> int:
    """Return a number that is another one after so many seconds: what a page says of ages is told anew then."""
    return int(clock() // seconds)
