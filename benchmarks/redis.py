from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path
from typing import Any

from tests.support.servers import Server, ServerMissing

MISSING = 'Redis is missing: run "apt-get install --no-install-recommends redis-server".'


class RedisServer(Server):
    """A throw-away Redis from Debian's package, with its default durability: a snapshot now and then."""

    stop_signals = {"fast": signal.SIGTERM, "immediate": signal.SIGKILL}

    def url(self, database: str = "") -> str:
        return f"unix://{self.socket}?db={database or 0}"

    def initialise(self) -> None:
        if not shutil.which("redis-server"):
            raise ServerMissing(MISSING)

    def command(self) -> list[Any]:
        return ["redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "777"]

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(5) == b"+PONG"
        except OSError:
            return False

    @property
    def socket(self) -> Path:
        return self.home / "socket"
