"""Processes that share one fate: when one ends, all end, and nothing is left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
TICK = 0.2


class Process:
    """A program in a session of its own; its output goes to ``log``, or to the terminal when that is None."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, log: Path | None) -> None:
        self.name = name
        self.log = log
        with log.open("wb") if log else nullcontext() as output:
            self.running = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_us,
            )

    @property
    def code(self) -> int | None:
        """The exit code as a shell tells it (128 + signal), None while the process runs."""
        code = self.running.poll()
        return code if code is None or code >= 0 else 128 - code

    @property
    def end(self) -> str:
        """How it ended, as the rest of a sentence about it."""
        code = self.running.poll() or 0
        return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended by itself (code {code})"

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.running.pid, number)
        except ProcessLookupError:
            return

    def last_lines(self, count: int = 15) -> str:
        text = self.log.read_text(errors="replace") if self.log and self.log.exists() else ""
        return "\n".join(text.splitlines()[-count:])


class Fate:
    """Runs processes in ``folder`` until one ends or somebody asks to stop (Ctrl-C, SIGTERM, a closed terminal).

    ``asked`` counts the requests; ``first`` ended by itself; ``killed`` did not stop within ``grace`` seconds.
    """

    def __init__(self, folder: Path, grace: float) -> None:
        self.folder = folder
        self.grace = grace
        self.processes: list[Process] = []
        self.asked = 0
        self.first: Process | None = None
        self.killed: Process | None = None

    def __enter__(self) -> Fate:
        self.before = {number: signal.signal(number, self.ask) for number in STOP_SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def start(self, name: str, command: Sequence[str], log: Path | None) -> Process:
        process = Process(name, command, self.folder, log)
        self.processes.append(process)
        return process

    @property
    def ended(self) -> Process | None:
        return next((process for process in self.processes if process.code is not None), None)

    def wait(self, until: Callable[[], bool]) -> bool:
        """Return True as soon as ``until()`` does, False when a process has ended or somebody asked to stop."""
        while not self.asked and not self.first:
            if until():
                return True
            time.sleep(TICK)
            self.first = self.ended
        return False

    def stop(self) -> None:
        """End every process: TERM, a second TERM when asked twice, KILL after the grace."""
        self.tell(signal.SIGTERM)
        deadline, heard = time.monotonic() + self.grace, self.asked
        while self.alive() and time.monotonic() < deadline:
            if self.asked > heard:
                heard = self.asked
                self.tell(signal.SIGTERM)
            time.sleep(TICK / 4)
        self.killed = next(iter(self.alive()), None)
        self.tell(signal.SIGKILL)
        for process in self.processes:
            process.running.wait()

    def tell(self, number: int) -> None:
        for process in self.alive():
            process.signal(number)

    def alive(self) -> list[Process]:
        return [process for process in self.processes if process.code is None]


def end_with_us() -> None:
    """A killed demo leaves nothing behind (Linux); elsewhere only a clean stop does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
