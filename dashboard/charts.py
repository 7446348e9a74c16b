"""Numbers -> coordinates of inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 120
HEIGHT = 28
MARGIN = 3


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line: its points, and the same closed to an area."""

    line: str
    area: str


def spark(values: Sequence[float]) -> Spark:
    """Return the line through ``values``, from left to right, scaled to the largest."""
    if len(values) < 2:
        return Spark("", "")
    top = max(values) or 1
    step = WIDTH / (len(values) - 1)
    room = HEIGHT - 2 * MARGIN
    points = [f"{index * step:.1f},{HEIGHT - MARGIN - value / top * room:.1f}" for index, value in enumerate(values)]
    line = " ".join(points)
    return Spark(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}")
