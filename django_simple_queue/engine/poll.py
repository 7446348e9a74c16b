"""When to ask for work: at once while there is some; then less and less often, jittered; rarely under a bell.

A bell that rings is answered at once. After the last row was claimed there is one more look, for what came meanwhile.
"""

from __future__ import annotations

import random

SHORTEST, LONGEST = 0.05, 1.0
UNDER_A_BELL = 3.0
ONCE_MORE = 0.02


class Poll:
    def __init__(self) -> None:
        self.pause = SHORTEST
        self.next_at = 0.0

    def found(self, claimed: int, wanted: int, now: float, rings: bool = False) -> None:
        """Plan the next look after a claim that wanted so many rows and got so many; ``rings``: a bell will tell."""
        if claimed == wanted:
            self.next_at, self.pause = now, SHORTEST
        elif claimed:
            self.next_at, self.pause = now + ONCE_MORE, SHORTEST
        else:
            self.next_at = now + (UNDER_A_BELL if rings else self.pause) * random.uniform(0.8, 1.0)  # noqa: S311
            self.pause = min(self.pause * 2, LONGEST)

    def ring(self, now: float) -> None:
        self.next_at = min(self.next_at, now)
