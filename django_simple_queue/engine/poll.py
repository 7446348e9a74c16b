"""How often to look for work: at once while there is some, then less and less often, jittered."""

from __future__ import annotations

import random

SHORTEST, LONGEST = 0.05, 1.0


class Poll:
    def __init__(self) -> None:
        self.pause = SHORTEST
        self.next_at = 0.0

    def found(self, claimed: int, wanted: int, now: float) -> None:
        """Plan the next look after a claim that wanted so many rows and got so many."""
        if claimed == wanted:
            self.next_at, self.pause = now, SHORTEST
            return
        self.pause = SHORTEST if claimed else min(self.pause * 2, LONGEST)
        self.next_at = now + self.pause * random.uniform(0.8, 1.0)  # noqa: S311
