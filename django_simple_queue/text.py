"""The one choke point for text that is about to be stored, valid on every database and bounded; and for one line."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: str, max_bytes: int) -> str:
    """Return ``value`` without what a database refuses (NUL, lone surrogates), cut to ``max_bytes`` of UTF-8."""
    return bounded(UNSTORABLE.sub(REPLACEMENT, value), max_bytes)


def storable_end(value: str, max_bytes: int) -> str:
    """Return ``value`` as ``storable`` does, but only its end where it is too long."""
    valid = UNSTORABLE.sub(REPLACEMENT, value[-max_bytes:])
    return valid.encode()[-max_bytes:].decode("utf-8", "ignore")


def in_one_line(error: object) -> str:
    """Return what is to be said of ``error`` in a line of its own: drivers write several."""
    return " ".join(str(error).split())


def kind_of(value: object) -> str:
    """Return the name of the type of ``value`` as it stands in a sentence: "an int", "a UUID"."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeioAEIO" else f"a {name}"


def bounded(value: str, max_bytes: int) -> str:
    """Return ``value`` in at most ``max_bytes`` of UTF-8: head, tail, and a marker that says how much is missing."""
    if len(value) * 4 <= max_bytes:
        return value
    encoded = value.encode("utf-8", "replace")
    if len(encoded) <= max_bytes:
        return value
    return cut_bytes(encoded, max_bytes).decode("utf-8", "ignore")


def cut_bytes(data: bytes, max_bytes: int, dropped: int | None = None) -> bytes:
    """Return at most ``max_bytes`` of ``data``: three quarters from its head, the rest from its tail, a marker between.

    ``dropped`` is the number of bytes to report as missing; by default those that are cut here.
    """
    marker = cut_marker(len(data) - max_bytes if dropped is None else dropped)
    room = max(max_bytes - len(marker), 0)
    head = room * 3 // 4
    tail = room - head
    return (data[:head] + marker + (data[-tail:] if tail else b""))[:max_bytes]


def cut_marker(dropped: int) -> bytes:
    return f"\n[... {dropped:,} bytes dropped ...]\n".encode()
