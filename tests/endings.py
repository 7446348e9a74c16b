"""Tasks that leave, die, or end with more than can be kept; tests name them by way of ``tests.tasks``."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module

from django.db import connection, transaction

from django_simple_queue import Retry


class Busy(Retry):
    pass


class Throttled(Retry):
    """Makes nothing of what Retry takes, as exceptions of a project do."""

    def __init__(self, after: object = None) -> None:
        if after is not None:
            self.after = after  # type: ignore[assignment]


def ask_again_in_other_words() -> None:
    raise Busy


def ask_again_throttled(after: object = None) -> None:
    raise Throttled(after)


def stubborn(seconds: float = 30) -> None:
    """Ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(seconds)


def big_output(size: int) -> str:
    return "x" * size


def many_yields(count: int, size: int) -> Iterator[str]:
    for index in range(count):
        yield f"[{index}]".ljust(size, ".")


def shell(command: str) -> None:
    subprocess.run(command, shell=True, check=True)


def hostile_text() -> str:
    print("printed \x00 and \ud800")
    return "nul \x00 surrogate \udc80 done"


def hostile_failure() -> None:
    raise ValueError("nul \x00 surrogate \udc80 done")


class Nameless(Exception):
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__


def fail_without_text() -> None:
    raise Nameless


def leave(code: int = 3) -> None:
    print("last words", flush=True)
    os._exit(code)


def kill_self(number: int = signal.SIGKILL) -> None:
    print("last words", flush=True)
    os.kill(os.getpid(), number)
    time.sleep(30)


def crash_in_c() -> None:
    ctypes.string_at(0)


def recorded_at_length(ledger: str, name: str, seconds: float = 0) -> str:
    """Return more than fits into a message."""
    return import_module("tests.tasks").recorded(ledger, name, seconds).ljust(300_000)


def ask() -> str:
    return input("Go on? ")


def close_the_driver_s_connection() -> str:
    """Behind Django's back, which closes it once more."""
    connection.ensure_connection()
    connection.connection.close()
    return "closed"


def leave_transaction_open() -> None:
    transaction.atomic().__enter__()


def ask_the_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'asked'")
        return str(cursor.fetchone()[0])


def system_exit(code: int = 2) -> None:
    sys.exit(code)


def interrupt() -> None:
    raise KeyboardInterrupt


def recurse() -> None:
    recurse()


def close_standard_streams() -> None:
    sys.stdout.close()
    os.close(1)
