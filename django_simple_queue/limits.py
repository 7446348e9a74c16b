"""The soft time limit: TaskTimeout is raised inside a run shortly before the run would be killed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Generator
from types import FrameType
from typing import Any

from django_simple_queue import conf
from django_simple_queue.outcomes import TaskTimeout

_active: SoftLimit | None = None


def soft_limit(task: str, hard_seconds: float) -> float:
    """Return the seconds that ``task`` may run before TaskTimeout, at least half of ``hard_seconds``; 0: no limit."""
    own = conf.get_task_options(task).soft_timeout
    before = conf.get_soft_timeout() if own is None else own
    return max(hard_seconds - before, hard_seconds / 2) if before else 0


def is_watched() -> bool:
    """Tell whether this is inside of a run that has a soft limit."""
    return _active is not None


class SoftLimit:
    """A block in the main thread that TaskTimeout is raised in after ``seconds``, once, and never when it has ended."""

    def __init__(self, seconds: float, hard_seconds: float) -> None:
        self.seconds, self.hard_seconds = seconds, hard_seconds
        self.armed = False
        self.coroutine: asyncio.Task[Any] | None = None
        self.error: TaskTimeout | None = None

    def __enter__(self) -> None:
        global _active
        _active, self.armed = self, True
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *exception: object) -> None:
        global _active
        _active, self.armed = None, False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def ring(self, number: int, frame: FrameType | None) -> None:
        if not self.armed:
            return
        self.armed = False
        self.error = TaskTimeout(
            f"The task has run for {self.seconds:g} s and is killed after {self.hard_seconds:g} s."
        )
        if self.coroutine is None or not self.coroutine.get_loop().is_running() or not self.wakes(self.coroutine):
            raise self.error

    def wakes(self, coroutine: asyncio.Task[Any]) -> bool:
        """Have the event loop wake a ``coroutine`` that waits; tell whether nothing of the run is being computed."""
        loop = coroutine.get_loop()
        at_work = asyncio.current_task(loop)
        if at_work is not coroutine:
            loop.call_soon_threadsafe(coroutine.cancel)
        return at_work is None

    async def watch(self, work: Awaitable[Any]) -> Any:
        self.coroutine = asyncio.current_task()
        return await Interruptible(work, self)


class Interruptible:
    """An awaitable whose inside sees TaskTimeout where asyncio would only say that it is cancelled."""

    def __init__(self, work: Awaitable[Any], limit: SoftLimit) -> None:
        self.work, self.limit = work, limit

    def __await__(self) -> Generator[Any, Any, Any]:
        steps: Any = self.work.__await__()
        advance: Callable[[Any], Any] = steps.send
        value: Any = None
        while True:
            try:
                awaited = advance(value)
            except StopIteration as end:
                return end.value
            try:
                advance, value = steps.send, (yield awaited)
            except BaseException as error:
                advance, value = steps.throw, self.seen(error)

    def seen(self, error: BaseException) -> BaseException:
        if not isinstance(error, asyncio.CancelledError) or self.limit.error is None:
            return error
        timeout, self.limit.error = self.limit.error, None
        if self.limit.coroutine is not None:
            self.limit.coroutine.uncancel()
        return timeout


async def watched(work: Awaitable[Any]) -> Any:
    """Await ``work``, under the soft limit of this block if there is one."""
    return await (work if _active is None else _active.watch(work))
