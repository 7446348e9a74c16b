"""Tasks for tests, one for each way in which a task can behave.

What must be known from outside the database goes to the ledger: a file that every task appends to (O_APPEND).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator

from django.db import connection

from django_simple_queue import Abandon, Retry, TaskTimeout, progress
from tests.endings import *  # noqa: F403

logger = logging.getLogger(__name__)


def note(ledger: str, *words: object) -> None:
    line = " ".join(map(str, words)) + "\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def noop() -> str:
    return "ok"


def recorded(ledger: str, name: str, seconds: float = 0) -> str:
    """Note the start and the end."""
    note(ledger, "start", name, os.getpid())
    time.sleep(seconds)
    note(ledger, "end", name, os.getpid())
    return name


def report_late(ledger: str, seconds: float) -> None:
    """Run for a second, and make the child take so many until it reports."""
    connection.close_if_unusable_or_obsolete = lambda: time.sleep(seconds)
    time.sleep(1)
    note(ledger, "over", time.time())


def answer(value: object) -> object:
    return value


def number(value: int = 42) -> int:
    return value


def says_whether_it_is_encrypted() -> str:
    connection.ensure_connection()
    return str(connection.connection.pgconn.ssl_in_use)


def nothing() -> None:
    return None


def fail(message: str = "no such order") -> None:
    raise ValueError(message)


def fail_until(ledger: str, times: int) -> str:
    """Fail so many times, then succeed."""
    note(ledger, "try")
    with open(ledger) as lines:
        tries = len(lines.readlines())
    if tries <= times:
        raise ConnectionError(f"try {tries}")
    return f"succeeded at try {tries}"


def ask_again(after: float | None = None, reason: str = "rate limited") -> None:
    raise Retry(after, reason)


def give_up(reason: str = "no such account") -> None:
    raise Abandon(reason)


def sleep(seconds: float = 30, ledger: str = "") -> None:
    if ledger:
        note(ledger, "start", os.getpid())
    time.sleep(seconds)


def clean_up_in_time(ledger: str, goes_on: bool = False) -> str:
    """Notice the soft limit, though every failure of a step is ignored."""
    try:
        while True:
            try:
                time.sleep(30)
            except Exception:
                logger.exception("ignored")
    except TaskTimeout:
        note(ledger, "cleaned")
        if not goes_on:
            raise
    return "what there was time for"


async def clean_up_in_time_async(ledger: str) -> None:
    try:
        await asyncio.gather(asyncio.sleep(30), asyncio.sleep(30))
    except TaskTimeout:
        await asyncio.sleep(0.001)
        note(ledger, "cleaned")
        raise


async def block_the_loop(ledger: str) -> None:
    try:
        await asyncio.sleep(0)
        time.sleep(30)
    except TaskTimeout:
        note(ledger, "cleaned")
        raise


async def count_until_told(ledger: str) -> AsyncIterator[str]:
    try:
        yield "first "
        await asyncio.sleep(30)
    except TaskTimeout:
        note(ledger, "cleaned")
        raise


def tidy(ledger: str, seconds: float = 30) -> None:
    """Clean up when ended from outside."""
    try:
        note(ledger, "start", os.getpid())
        time.sleep(seconds)
    finally:
        note(ledger, "cleaned")


def count_to(end: int = 3) -> Iterator[str]:
    for value in range(end):
        yield f"{value} "


def count_then_fail(end: int = 3) -> Iterator[str]:
    yield from count_to(end)
    raise RuntimeError("out of numbers")


async def wait_a_little(value: str = "awaited") -> str:
    await asyncio.sleep(0.001)
    return value


async def leave_work_behind() -> str:
    asyncio.get_running_loop().create_task(asyncio.sleep(3600))
    return "left"


async def count_slowly(end: int = 3) -> AsyncIterator[str]:
    for value in range(end):
        await asyncio.sleep(0)
        yield f"{value} "


def use_current_loop() -> str:
    """As older synchronous tasks do."""
    return asyncio.get_event_loop().run_until_complete(wait_a_little("by hand"))


def wait_for(path: str) -> None:
    while not os.path.exists(path):
        time.sleep(0.02)


def show_and_wait(go: str) -> str:
    """Print, log and report, then wait for a file to appear."""
    print("printed")
    logger.info("logged")
    progress(3100, 5000)
    wait_for(go)
    progress(5000, 5000, "all of them")
    return "shown"


def yield_and_wait(go: str) -> Iterator[str]:
    yield "first "
    yield "second "
    wait_for(go)
    yield "third"


async def yield_and_wait_async(go: str) -> AsyncIterator[str]:
    yield "first "
    progress(1, 4, "awaiting")
    while not os.path.exists(go):
        await asyncio.sleep(0.02)
    yield "second"


def yield_then_die(number: int = signal.SIGKILL) -> Iterator[str]:
    yield "first "
    print("printed", flush=True)
    progress(1, 4)
    os.kill(os.getpid(), number)


def report_from_thread() -> None:
    thread = threading.Thread(target=progress, args=(1, 2))
    thread.start()
    thread.join()


def chatty(lines: int = 3) -> None:
    for index in range(lines):
        print("printed", index)
        print("to stderr", index, file=sys.stderr)
        logger.info("logged %d", index)


def helper(ledger: str, seconds: float = 30) -> None:
    """Start a process that ignores SIGTERM and wait for it."""
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"os.write(1, b'%d' % os.getpid()); time.sleep({seconds})"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout
        note(ledger, "helper", os.read(process.stdout.fileno(), 20).decode())


def two_arguments(first: int, second: int) -> int:
    return first + second


def pid() -> int:
    return os.getpid()


not_callable = "a text"
