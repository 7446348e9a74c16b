from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID


def uuid7_at(moment: datetime, random: Random) -> UUID:
    """Return a UUID of version 7 as if it had been made at ``moment`` (RFC 9562, section 5.7)."""
    milliseconds = int(moment.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | random.getrandbits(12) << 64 | 0x2 << 62 | random.getrandbits(62)
    return UUID(int=value)
