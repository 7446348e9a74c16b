"""A proxy in front of a database's socket that can swallow everything, as a broken middlebox does, or be slow."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

BLOCK = 64 * 1024


class Proxy:
    """Listens at ``path`` and passes on to ``target``; while ``silent`` it takes what is sent and passes on nothing.

    It passes on ``most`` bytes at a time, each ``delay`` seconds late.
    """

    def __init__(self, path: Path, target: Path) -> None:
        self.target = target
        self.ends: list[socket.socket] = []
        self.silent = False
        self.delay, self.most = 0.0, BLOCK
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen(64)

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        for end in (self.listener, *self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        """Break every connection that there is."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
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
