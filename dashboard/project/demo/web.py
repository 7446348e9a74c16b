"""The console's address: a free port, the server's command, and whether it answers."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from django.core.management.base import CommandError

HOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TO_TRY = 50
DEADLINE = 60


def choose_port(wanted: int | None) -> int:
    """Return ``wanted``, or the first free port from 8000 on. Raises CommandError when there is none."""
    candidates = [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TO_TRY)
    for port in candidates:
        if is_free(port):
            return port
    taken = f"Port {wanted} is" if wanted else f"Ports {FIRST_PORT} to {FIRST_PORT + PORTS_TO_TRY - 1} are"
    raise CommandError(f"{taken} taken. Choose another one with --port.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def web_command(manage: Path, port: int) -> list[str]:
    address = f"{HOST}:{port}"
    if find_spec("gunicorn") is None:
        return [sys.executable, str(manage), "runserver", "--noreload", address]
    options = ["--bind", address, "--workers", "2", "--threads", "4", "--log-level", "warning"]
    return [sys.executable, "-m", "gunicorn", "dashboard.project.wsgi:application", *options]


def answers(port: int) -> Callable[[], bool]:
    """Return a function that tells whether the console answers; CommandError when it fails, or takes too long."""
    deadline = time.monotonic() + DEADLINE

    def ask() -> bool:
        status = status_of(port)
        if status >= 500:
            raise CommandError(f"The console answers with an error ({status}).")
        if time.monotonic() > deadline:
            raise CommandError(f"The console has not answered within {DEADLINE} seconds.")
        return status > 0

    return ask


def status_of(port: int) -> int:
    """Return the HTTP status of the front page, 0 when nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
