"""A throw-away database server: own temporary directory, unix socket only, never as root, gone with its parent."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self

from tests.support.waiting import wait_until

PR_SET_PDEATHSIG = 1


class ServerMissing(Exception):
    """The program of the server is not installed; the message says how to get it."""


class Server(ABC):
    """Lives from `start` to `close` or for a `with` block; keeps its data over `stop` and `resume`."""

    stop_signals: dict[str, signal.Signals]

    def __init__(self, within: Path | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="db-", dir=within))
        self.user = "nobody" if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self) -> Self:
        try:
            if self.user:
                shutil.chown(self.home, self.user)
            self.initialise()
            self.resume()
        except BaseException:
            self.close()
            raise
        return self

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.resume()

    def stop(self, mode: str = "fast") -> None:
        """End the server and keep its data; `immediate` is a crash."""
        if self.process is not None:
            self.process.send_signal(self.stop_signals[mode])
            self.process.wait(60)
            self.process = None

    def resume(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
                **self.identity(),
            )
        wait_until(self._answers, 60, f"The server in {self.home} answers")

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @abstractmethod
    def url(self, database: str = "") -> str:
        """The address of a database on this server; of one that always exists when not named."""

    @abstractmethod
    def initialise(self) -> None:
        """Make the data directory."""

    @abstractmethod
    def command(self) -> list[Any]:
        """The command line of the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes connections by now."""

    def run(self, *command: Any) -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self.identity())
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")

    def identity(self) -> dict[str, Any]:
        home = str(self.home)
        # MariaDB clears away what it takes for its own, and may be that of a server that starts beside it.
        places = {"HOME": home, "TMPDIR": home}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", **places}
        who = {"user": self.user, "extra_groups": []} if self.user else {}
        return {"cwd": self.home, "env": environment, **who}

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-2000:]}")
        return self.answers()


def end_with_parent() -> None:
    """A killed test run leaves no server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
