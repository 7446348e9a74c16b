"""Who drives what a run awaits: the thread of the run itself, or one beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async

from django_simple_queue.limits import watched

Job = Callable[[], None]
Aside = Callable[[Job], Awaitable[None]]
"""What a coroutine gives a job to that cannot be done inside an event loop; it is done on the thread of the run."""

Work = Callable[[Aside], Awaitable[Any]]
Driver = Callable[[Work], Any]


def on_this_thread(work: Work) -> Any:
    """Return what ``work`` comes to in the current event loop; what a signal handler raises comes up inside of it."""
    return Pausing(asyncio.get_event_loop()).complete(work)


def beside_this_thread(work: Work) -> Any:
    """Return what ``work`` comes to in a loop of another thread.

    This one does meanwhile what Django's asynchronous ORM asks for, so that it sees the caller's transaction.
    """

    async def driven() -> Any:
        return await work(lambda job: sync_to_async(job)())

    return async_to_sync(driven)()


class Pausing:
    """An event loop that stands still for every job that is given aside; all of the work is one asyncio task."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.turn = loop, loop.create_future()
        self.given: list[tuple[Job, asyncio.Future[None]]] = []
        self.is_over = False

    async def aside(self, job: Job) -> None:
        if self.is_over:
            raise asyncio.CancelledError
        done = self.loop.create_future()
        self.given.append((job, done))
        self.pause()
        await done

    def complete(self, work: Work) -> Any:
        task = self.loop.create_task(watched(work(self.aside)))
        task.add_done_callback(self.pause)
        try:
            while not task.done():
                self.loop.run_until_complete(self.turn)
                self.turn = self.loop.create_future()
                while self.given:
                    do(*self.given.pop())
            return task.result()
        finally:
            self.is_over = True
            clean_up(self.loop)
            if not task.cancelled():
                task.exception()  # known: the loop itself raises SystemExit and KeyboardInterrupt

    def pause(self, *ended: asyncio.Task[Any]) -> None:
        if not self.turn.done():
            self.turn.set_result(None)


def do(job: Job, done: asyncio.Future[None]) -> None:
    """Do ``job``; who waits for it may meanwhile have been told to wait no longer, as by ``asyncio.timeout``."""
    try:
        job()
    except BaseException as error:
        if not done.done():
            done.set_exception(error)
    else:
        if not done.done():
            done.set_result(None)


def clean_up(loop: asyncio.AbstractEventLoop) -> None:
    """End what a coroutine left behind, so that nothing of one task goes on inside the next."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    if getattr(loop, "_asyncgens", True):  # a loop that has been asked once warns of every later one
        loop.run_until_complete(loop.shutdown_asyncgens())
