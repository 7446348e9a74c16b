"""Asynchronous tasks, and others that leave something behind in the context of their process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from datetime import timezone as offset

from asgiref.sync import sync_to_async
from django.core.cache import caches
from django.db import Error, connection, transaction
from django.utils import timezone, translation

from django_simple_queue import TaskTimeout, progress
from django_simple_queue.models import Task
from tests.tasks import note

WORD: ContextVar[str] = ContextVar("word", default="")


async def count_rows() -> int:
    return await Task.objects.acount()


async def is_connected() -> bool:
    return await sync_to_async(lambda: connection.connection is not None)()


async def lose_the_connection() -> None:
    with suppress(Error):
        await sync_to_async(terminate_own_session)()


def terminate_own_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def leave_transaction_open() -> None:
    await sync_to_async(transaction.atomic().__enter__)()
    await Task.objects.aupdate(created_by="nobody")


async def fail() -> None:
    raise ValueError("no such order")


async def leave() -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


async def stop_the_loop() -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(60)


async def break_off() -> str:
    """Leave an asynchronous generator where it is."""
    return await anext(stay_the_same())


async def report_and_look() -> str:
    """Report, and look whether the row shows it."""
    progress(1, 4)
    for _ in range(200):
        if (await Task.objects.aget(task=f"{__name__}.report_and_look")).progress == 25:
            return "seen"
        await asyncio.sleep(0.01)
    return "not seen"


async def stay_the_same() -> AsyncIterator[str]:
    task, token = asyncio.current_task(), WORD.set("kept")
    async with asyncio.timeout(60):
        for _ in range(2):
            yield f"{asyncio.current_task() is task} {WORD.get()} "
    WORD.reset(token)


def speak() -> str:
    """Return the language and the time zone, and activate others."""
    before = spoken()
    translation.activate("fr")
    timezone.activate(offset(timedelta(hours=5)))
    return before


async def speak_async() -> str:
    return speak()


def spoken() -> str:
    return f"{translation.get_language()} {timezone.get_current_timezone_name()}"


class Slow:
    def __str__(self) -> str:
        time.sleep(30)
        return "slow"


class Leaving:
    def __str__(self) -> str:
        raise SystemExit(3)


VALUES = {"slow": Slow, "leaving": Leaving}


def yield_one(ledger: str, kind: str) -> Iterator[object]:
    try:
        yield VALUES[kind]()
    except (TaskTimeout, SystemExit) as error:
        note(ledger, "told", type(error).__name__)
        raise
    finally:
        note(ledger, "cleaned")


async def yield_one_async(ledger: str, kind: str) -> AsyncIterator[object]:
    try:
        yield VALUES[kind]()
    except (TaskTimeout, SystemExit) as error:
        await asyncio.sleep(0)
        note(ledger, "told", type(error).__name__)
        raise
    finally:
        note(ledger, "cleaned")


def go_on_after(ledger: str) -> Iterator[object]:
    try:
        yield Leaving()
    except SystemExit:
        yield "all the same"


async def wait_no_longer() -> AsyncIterator[str]:
    try:
        async with asyncio.timeout(0.01):
            time.sleep(0.1)
            yield "late "
    except TimeoutError:
        yield "but heard"


async def leave_the_thread_busy() -> str:
    with suppress(TimeoutError):
        await asyncio.wait_for(sync_to_async(time.sleep)(600), 0.1)
    return "gone on"


def kept_by_a_cache() -> str:
    """What the client of a cache says of the run before."""
    before = getattr(caches["default"], "said", "new")
    caches["default"].said = "the same"
    return before
