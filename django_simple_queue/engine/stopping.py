"""Signals to the worker: the first asks it to finish, the second ends it at once."""

from __future__ import annotations

import os
import signal
from types import FrameType

FINISH = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
AT_ONCE = signal.SIGQUIT
ALWAYS = (signal.SIGTERM, signal.SIGCHLD)
FROM_A_TERMINAL = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
"""Who starts us with one of these ignored, as nohup and a shell with & do, wants us to outlive it."""


class Signals:
    """Turns signals into something to read at ``pipe``; ``asked`` counts the requests to stop."""

    def __init__(self) -> None:
        self.pipe, self.writer = os.pipe()
        os.set_blocking(self.pipe, False)
        os.set_blocking(self.writer, False)
        self.asked = 0

    def watch(self) -> None:
        heeded = [number for number in FROM_A_TERMINAL if signal.getsignal(number) != signal.SIG_IGN]
        self.before = {number: signal.signal(number, take_note) for number in (*ALWAYS, *heeded)}
        signal.siginterrupt(signal.SIGCHLD, False)
        signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)

    def unwatch(self) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self.before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        os.close(self.pipe)
        os.close(self.writer)

    def read(self) -> None:
        try:
            numbers = os.read(self.pipe, 4096)
        except BlockingIOError:
            return
        self.asked += sum(number in FINISH for number in numbers) + 2 * (AT_ONCE in numbers)


def take_note(number: int, frame: FrameType | None) -> None:
    """The signal's number has reached the pipe already."""
