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


@dataclass(frozen=True, slots=True)
class Bars:
    """Two outlines: of all bars that stand for something, and of the low ones that stand for nothing."""

    some: str
    none: str


def bars(values: Sequence[float], height: float = 24, gap: float = 1.2, least: float = 1.5) -> Bars:
    """Return a bar for each value, from left to right, scaled to the largest; nothing is still a line."""
    top, step = max(values, default=0) or 1, WIDTH / max(len(values), 1)
    some: list[str] = []
    none: list[str] = []
    for index, value in enumerate(values):
        tall = max(value / top * height, least)
        outline = f"M{index * step:.4g} {height:.4g}v{-tall:.4g}h{step - gap:.4g}v{tall:.4g}z"
        (some if value else none).append(outline)
    return Bars("".join(some), "".join(none))
