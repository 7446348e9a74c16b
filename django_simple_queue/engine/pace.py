"""How long tasks take, by their path: what decides how many a child may have waiting."""

from __future__ import annotations

UNKNOWN_SECONDS = 0.1
RISE, FALL = 0.5, 0.1
KNOWN_PATHS = 1000


class Pace:
    """A moving average for each path that rises fast and falls slowly; an unknown path counts as slow.

    Those that have not been noted for the longest time are forgotten.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.typical = UNKNOWN_SECONDS

    def of(self, path: str) -> float:
        return self.seconds.get(path, UNKNOWN_SECONDS)

    def note(self, path: str, seconds: float) -> None:
        known = self.seconds.pop(path, None)
        self.seconds[path] = seconds if known is None else moved(known, seconds)
        self.typical = moved(self.typical, seconds)
        if len(self.seconds) > KNOWN_PATHS:
            del self.seconds[next(iter(self.seconds))]


def moved(average: float, value: float) -> float:
    return average + (value - average) * (RISE if value > average else FALL)
