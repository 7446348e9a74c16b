"""How long tasks take, by their path: what decides how many a child may have waiting."""

from __future__ import annotations

UNKNOWN_SECONDS = 0.1
RISE, FALL = 0.5, 0.1


class Pace:
    """A moving average for each path that rises fast and falls slowly; an unknown path counts as slow."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.typical = UNKNOWN_SECONDS

    def of(self, path: str) -> float:
        return self.seconds.get(path, UNKNOWN_SECONDS)

    def note(self, path: str, seconds: float) -> None:
        known = self.seconds.get(path)
        self.seconds[path] = seconds if known is None else moved(known, seconds)
        self.typical = moved(self.typical, seconds)


def moved(average: float, value: float) -> float:
    return average + (value - average) * (RISE if value > average else FALL)
