"""The colours of a terminal as names of classes, for text that has been redacted already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django_simple_queue.redaction import visible

SGR = re.compile(r"\x1b\[([0-9;]{0,32})m")
MOST_PIECES = 4_000
Piece = tuple[str, str]


def pieces(raw: str, shown: str) -> Sequence[Piece]:
    """Return ``shown`` in pieces of (text, classes), with the colours that ``raw`` gave it.

    ``shown`` is ``raw`` without control sequences, or its beginning, or its end. Where something in it was masked the
    two do not fit together, and it stays plain: no colour is worth a secret. One pass, linear in the text.
    """
    if "\x1b[" not in raw:
        return [(shown, "")]
    found = list(painted(raw))
    whole = "".join(text for text, _ in found)
    start = 0 if whole.startswith(shown) else len(whole) - len(shown)
    fits = start >= 0 and whole.startswith(shown, start) and len(found) <= MOST_PIECES
    return clipped(found, start, start + len(shown)) if fits else [(shown, "")]


def painted(raw: str) -> Iterator[Piece]:
    """Yield the text between the control sequences, each with the classes that hold there."""
    position, style = 0, Style()
    for found in SGR.finditer(raw):
        yield visible(raw[position : found.start()]), style.classes
        style = style.after(found[1])
        position = found.end()
    yield visible(raw[position:]), style.classes


def clipped(found: Sequence[Piece], start: int, end: int) -> Sequence[Piece]:
    """Return what lies between two positions of the joined text."""
    kept, position = [], 0
    for text, classes in found:
        part = text[max(start - position, 0) : max(end - position, 0)]
        position += len(text)
        if part:
            kept.append((part, classes))
    return kept


class Style:
    """What a terminal remembers: a colour from 0 to 7, bold, dim."""

    def __init__(self, colour: str = "", weight: str = "") -> None:
        self.colour, self.weight = colour, weight

    @property
    def classes(self) -> str:
        return f"{self.colour} {self.weight}".strip()

    def after(self, codes: str) -> Style:
        """Return the style after a sequence such as "1;31"; the colours of 38 and 48 (256, RGB) are left out."""
        colour, weight = self.colour, self.weight
        for code in map(int, filter(None, codes.split(";"))) if codes.strip(";") else [0]:
            if code in (38, 48):
                break
            if code == 0:
                colour = weight = ""
            elif 30 <= code <= 37 or 90 <= code <= 97:
                colour = f"ansi-{code % 10}"
            elif code == 39:
                colour = ""
            elif code in WEIGHTS:
                weight = WEIGHTS[code]
        return Style(colour, weight)


WEIGHTS = {1: "ansi-bold", 2: "ansi-dim", 22: ""}
