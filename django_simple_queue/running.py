"""The steps of one run, in the process that runs it: allowed, resolved, arguments fit, called, output collected."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from io import StringIO
from types import TracebackType
from typing import Any, Protocol

from django.dispatch import Signal

from django_simple_queue import callables, conf, signals
from django_simple_queue.coercion import coerced
from django_simple_queue.failure import Failure, describe, from_exception
from django_simple_queue.limits import SoftLimit, watched
from django_simple_queue.text import cut_bytes, storable
from django_simple_queue.verdict import judged

Tell = Callable[..., None]


class Terminated(BaseException):
    """This process was told to end; never a failure of the task."""


class Unfit(Exception):
    """The call cannot be made as it is stored; its text is the whole story."""


@dataclass(slots=True)
class Call:
    """What is to be called: a dotted path, keyword arguments as a JSON object, positional ones as a JSON array."""

    task: str
    args: str | None
    positional: str | None = None


@dataclass(slots=True)
class Result:
    """How a run came out; ``failure`` and ``error`` are None when it completed."""

    output: str
    failure: Failure | None = None
    error: BaseException | None = None


class Subject(Protocol):
    """Whom the signals of a run are about."""

    def tell(self, signal: Signal, **arguments: Any) -> None: ...


class Copy(Protocol):
    """Where what a generator hands over goes as well, at once; at most ``limit`` bytes of it matter."""

    def add(self, text: str, limit: int) -> None: ...


def run(call: Call, subject: Subject, copy: Copy | None = None, limit: SoftLimit | None = None) -> Result:
    """Make ``call`` and return its Result; whatever a task raises is a Result too, SystemExit included.

    A coroutine needs a current event loop (see worker.ManagedEventLoop). Only Terminated is raised.
    """
    output = Output(conf.get_max_output_size(), copy)
    try:
        function, args, positional = prepare(call)
        subject.tell(signals.before_job)
        with limit or nullcontext():
            deliver(function(*positional, **args), output, subject)
    except Terminated:
        raise
    except (callables.TaskNotAllowedError, Unfit) as error:
        return Result(output.text(), plain_failure(error), error)
    except BaseException as error:
        error.__traceback__ = beyond_this_file(error.__traceback__)
        return Result(output.text(), judged(from_exception(error), call.task, error), error)
    return Result(output.text())


def prepare(call: Call) -> tuple[Callable[..., Any], Mapping[str, Any], list[Any]]:
    function = callables.resolve(call.task)
    args: Any = decoded(call.args, "args", {})
    positional: Any = decoded(call.positional, "positional", [])
    try:
        callables.check_arguments(function, args, positional)
    except TypeError as error:
        raise Unfit(f"The arguments do not fit {call.task}{inspect.signature(function)}: {error}.") from error
    return function, converted(call.task, function, args), positional


def converted(task: str, function: Callable[..., Any], args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``args``, converted by annotation where the task's option ``coerce`` says so."""
    if not conf.get_task_options(task).coerce:
        return args
    try:
        return coerced(function, args)
    except (ValueError, NameError) as error:
        raise Unfit(f"The arguments do not fit {task}: {error}") from error


def decoded(text: str | None, name: str, empty: Any) -> Any:
    try:
        value = json.loads(text) if text else empty
    except ValueError as error:
        raise Unfit(f"The stored {name} are not JSON: {error}.") from error
    if not isinstance(value, type(empty)):
        raise Unfit(f"The stored {name} are a {type(value).__name__}, not a {type(empty).__name__}: {text!r:.80}.")
    return value


def plain_failure(error: Exception) -> Failure:
    """Return a Failure without a trace: our own frames would only hide the sentence."""
    kind = type(error.__cause__ or error)
    return Failure(f"{kind.__name__}: {error}", f"{kind.__module__}.{kind.__qualname__}", "[]")


def beyond_this_file(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def deliver(value: Any, output: Output, subject: Subject) -> None:
    if inspect.isgenerator(value):
        drive(value, output, subject)
    elif inspect.isasyncgen(value):
        complete(drive_async(value, output, subject))
    elif inspect.isawaitable(value):
        output.add(as_text(complete(value)))
    else:
        output.add(as_text(value))


def drive(values: Iterator[Any], output: Output, subject: Subject) -> None:
    for iteration, value in enumerate(values):
        hand_over(value, iteration, output, subject)


async def drive_async(values: AsyncIterator[Any], output: Output, subject: Subject) -> None:
    iteration = 0
    async for value in values:
        hand_over(value, iteration, output, subject)
        iteration += 1


def hand_over(value: Any, iteration: int, output: Output, subject: Subject) -> None:
    subject.tell(signals.before_loop, iteration=iteration)
    output.hand_over(as_text(value))
    subject.tell(signals.after_loop, output=value, iteration=iteration)


def complete(work: Awaitable[Any]) -> Any:
    loop = asyncio.get_event_loop()
    try:
        return loop.run_until_complete(watched(work))
    finally:
        clean_up(loop)


def clean_up(loop: asyncio.AbstractEventLoop) -> None:
    """End what a coroutine left behind, so that nothing of one task goes on inside the next."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


def as_text(value: Any) -> str:
    """Return text as it is, nothing for None, JSON for what JSON knows, ``str()`` for the rest."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return spelled(value)


def spelled(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"[a {type(value).__name__} without a text: {describe(error)}]"


class Output:
    """Text that grows piece by piece in bounded memory: its head and its tail are kept."""

    def __init__(self, limit: int, copy: Copy | None = None) -> None:
        self.limit, self.copy = limit, copy
        self.head, self.tail = StringIO(), StringIO()
        self.length = 0

    def hand_over(self, text: str) -> None:
        self.add(text)
        if self.copy is not None:
            self.copy.add(text, self.limit)

    def add(self, text: str) -> None:
        self.length += len(text)
        if (room := self.limit - self.head.tell()) > 0:
            self.head.write(text[:room])
            text = text[room:]
        self.tail.write(text[-self.limit :])
        if self.tail.tell() > 2 * self.limit:
            self.shorten_tail()

    def shorten_tail(self) -> None:
        """Drop what nobody will read: rarely, for it copies all that is left."""
        kept = self.tail.getvalue()[-self.limit :]
        self.tail = StringIO()
        self.tail.write(kept)

    def text(self) -> str:
        """Return what there is, valid for every database and at most ``limit`` bytes."""
        head, tail = self.head.getvalue(), self.tail.getvalue()[-self.limit :]
        dropped = self.length - len(head) - len(tail)
        if not dropped:
            return storable(head + tail, self.limit)
        both = (head + tail).encode("utf-8", "replace")
        ends = cut_bytes(both, self.limit, dropped + len(both) - self.limit)
        return storable(ends.decode("utf-8", "ignore"), self.limit)
