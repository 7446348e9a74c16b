"""What parent, guard and children tell each other without a message: one page of shared memory."""

from __future__ import annotations

import mmap

from django_simple_queue.engine import clock
from django_simple_queue.engine.clock import FOREVER

WORD = 8
LEASE_UNTIL, ASLEEP, LOOKED, HEADER = range(4)
SERIAL, UNTIL, CONDEMNED, WIDTH = range(4)


class Board:
    """The end of the lease, whether the guard sleeps, when it last looked, and a row for each child."""

    def __init__(self, rows: int) -> None:
        memory = memoryview(mmap.mmap(-1, (HEADER + rows * WIDTH) * WORD))
        self.words, self.times = memory.cast("q"), memory.cast("d")
        self.rows = rows
        self.lease_until = FOREVER

    @property
    def lease_until(self) -> float:
        return self.times[LEASE_UNTIL]

    @lease_until.setter
    def lease_until(self, until: float) -> None:
        self.times[LEASE_UNTIL] = until

    @property
    def looked(self) -> float:
        return self.times[LOOKED]

    @looked.setter
    def looked(self, at: float) -> None:
        self.times[LOOKED] = at

    @property
    def asleep(self) -> bool:
        return bool(self.words[ASLEEP])

    @asleep.setter
    def asleep(self, asleep: bool) -> None:
        self.words[ASLEEP] = asleep


class Row:
    """What one child is at, and what its guard has condemned.

    Either side first writes its own word and then reads the other's. So one of them sees it: a condemned run is ended,
    and not the one after it. As a processor may hold back a write for a moment, the child looks again before that.
    """

    def __init__(self, board: Board, index: int) -> None:
        self.words, self.times = board.words, board.times
        self.index, self.start = index, HEADER + index * WIDTH
        self.finished = -1

    @property
    def serial(self) -> int:
        """The run (or telling) that the child is at; 0: none."""
        return self.words[self.start + SERIAL]

    @property
    def until(self) -> float:
        return self.times[self.start + UNTIL]

    @property
    def condemned(self) -> int:
        return self.words[self.start + CONDEMNED]

    def begin(self, serial: int, seconds: float) -> bool:
        """Say that ``serial`` begins and may take ``seconds`` (0: no limit); False when it must not."""
        self.times[self.start + UNTIL] = clock.now() + seconds if seconds else FOREVER
        self.words[self.start + SERIAL] = serial
        return self.words[self.start + CONDEMNED] != serial

    def finish(self, serial: int) -> bool:
        """Say that ``serial`` is over; False when the child must leave, because it has been condemned meanwhile."""
        self.words[self.start + SERIAL], self.finished = 0, serial
        return self.words[self.start + CONDEMNED] != serial

    @property
    def is_spoilt(self) -> bool:
        """Tell whether the run that is over has been condemned: who did so may have taken the child to be at it."""
        return self.condemned == self.finished

    def condemn(self, serial: int) -> bool:
        """Tell whether the child is at ``serial``, which it does not survive; if not yet, it will not begin it."""
        self.words[self.start + CONDEMNED] = serial
        return self.words[self.start + SERIAL] == serial

    def clear(self) -> None:
        for word in range(self.start, self.start + WIDTH):
            self.words[word] = 0
