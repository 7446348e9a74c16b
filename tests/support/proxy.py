"""A proxy in front of a database's socket that can swallow everything, as a broken middlebox does, or be slow."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

BLOCK = 64 * 1024


class Proxy:
    """Passes on what comes to ``listener`` to ``target``; while ``silent`` it takes what is sent and passes on nothing.

    It passes on ``most`` bytes at a time, each ``delay`` seconds late. With ``refuses_after`` it hangs up on whoever
    connects, after so many seconds.
    """

    def __init__(self, listener: socket.socket, target: Path) -> None:
        self.listener, self.target = listener, target
        self.ends: list[socket.socket] = []
        self.silent = False
        self.delay, self.most = 0.0, BLOCK
        self.refuses_after: float | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        for end in (self.listener, *self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    @property
    def settings(self) -> dict[str, str]:
        """Where Django finds the database that is behind it."""
        return {"HOST": str(Path(self.listener.getsockname()).parent)}

    def cut(self) -> None:
        """Break every connection that there is."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if self.refuses_after is not None:
                    threading.Timer(self.refuses_after, near.close).start()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self.target))
                self.ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(self.most):
                time.sleep(self.delay)
                if not self.silent:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)


def at_path(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o777)
    listener.listen(64)
    return listener


def main(host: str, port: str, target: str) -> None:
    """Pass on until killed: python -m tests.support.proxy <host> <port> <socket of the database>."""
    with Proxy(socket.create_server((host, int(port))), Path(target)):
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
