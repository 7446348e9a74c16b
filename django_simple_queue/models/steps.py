"""How much of a long piece of work is done at a time."""

from __future__ import annotations

FASTEST_GROWTH = 2.0
MARGIN = 0.8


class Steps:
    """How many rows to take at a time, measured so that a step lasts about as long as it may."""

    def __init__(self, seconds: float, first: int, least: int, most: int) -> None:
        self.seconds, self.least, self.most = seconds, least, most
        self.size = first

    def took(self, seconds: float) -> None:
        """Say how long a step of ``size`` rows has lasted."""
        fits = self.size * min(FASTEST_GROWTH, self.seconds * MARGIN / max(seconds, 0.001))
        self.size = max(self.least, min(self.most, int(fits)))
