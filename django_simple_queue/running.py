"""The steps of one run, in the process that runs it: allowed, resolved, arguments fit, called, output collected."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from concurrent import futures
from contextlib import AbstractContextManager, aclosing, closing, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import count
from os.path import dirname
from types import TracebackType
from typing import Any, Protocol

import asgiref
from django.dispatch import Signal

from django_simple_queue import awaiting, callables, conf, limits, signals
from django_simple_queue.awaiting import Aside, Driver, on_this_thread
from django_simple_queue.coercion import coerced
from django_simple_queue.failure import Failure, from_exception
from django_simple_queue.limits import SoftLimit
from django_simple_queue.output import Copy, Output, as_text
from django_simple_queue.text import kind_of
from django_simple_queue.verdict import judged

FOLDERS = tuple(dirname(inspect.getfile(library)) + "/" for library in (asyncio, asgiref, futures))
MACHINERY = (__file__, awaiting.__file__, limits.__file__, *FOLDERS)
"""Whose frames say nothing about a failure when they come first."""


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


def run(
    call: Call,
    subject: Subject,
    copy: Copy | None = None,
    limit: SoftLimit | None = None,
    driver: Driver = on_this_thread,
) -> Result:
    """Make ``call`` and return its Result; whatever a task raises is a Result too, SystemExit included.

    A coroutine is run by ``driver``; that of this thread needs a current event loop (see worker.ManagedEventLoop).
    Only Terminated is raised.
    """
    output = Output(conf.get_max_output_size(), copy)
    try:
        function, args, positional = prepare(call)
        prepared = partial(function, *positional, **args)
        copy_context().run(perform, prepared, output, subject, limit or nullcontext(), driver)
    except Terminated:
        raise
    except (callables.TaskNotAllowedError, Unfit) as error:
        return Result(output.text(), plain_failure(error), error)
    except BaseException as error:
        error.__traceback__ = beyond_machinery(error.__traceback__)
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
        raise Unfit(f"The stored {name} are {kind_of(value)}, not {kind_of(empty)}: {text!r:.80}.")
    return value


def plain_failure(error: Exception) -> Failure:
    """Return a Failure without a trace: our own frames would only hide the sentence."""
    kind = type(error.__cause__ or error)
    return Failure(f"{kind.__name__}: {error}", f"{kind.__module__}.{kind.__qualname__}", "[]")


def beyond_machinery(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(MACHINERY):
        trace = trace.tb_next
    return trace


def perform(
    prepared: Callable[[], Any], output: Output, subject: Subject, limit: AbstractContextManager[None], driver: Driver
) -> None:
    """Make the call; in a context of its own, what it activates (a language, a time zone) ends with it."""
    subject.tell(signals.before_job)
    with limit:
        deliver(prepared(), output, subject, driver)


def deliver(value: Any, output: Output, subject: Subject, driver: Driver) -> None:
    if inspect.isgenerator(value):
        drive(value, output, subject)
    elif inspect.isasyncgen(value):
        driver(partial(drive_async, value, output, subject))
    elif inspect.isawaitable(value):
        output.add(as_text(driver(lambda aside: value)))
    else:
        output.add(as_text(value))


def drive(values: Generator[Any, Any, Any], output: Output, subject: Subject) -> None:
    """Hand over what ``values`` yields; what goes wrong meanwhile is raised where the generator waits."""
    advance: Callable[[], Any] = values.__next__
    with closing(values), suppress(StopIteration):
        for iteration in count():
            value, advance = advance(), values.__next__
            try:
                hand_over(value, iteration, output, subject)
            except BaseException as error:
                advance = partial(values.throw, error)


async def drive_async(values: AsyncGenerator[Any, Any], output: Output, subject: Subject, aside: Aside) -> None:
    """As ``drive``; values are handed over outside of the event loop, where receivers may use the database."""
    advance: Callable[[], Awaitable[Any]] = values.__anext__
    async with aclosing(values):
        with suppress(StopAsyncIteration):
            for iteration in count():
                value, advance = await advance(), values.__anext__
                try:
                    await aside(partial(hand_over, value, iteration, output, subject))
                except BaseException as error:
                    advance = partial(values.athrow, error)


def hand_over(value: Any, iteration: int, output: Output, subject: Subject) -> None:
    subject.tell(signals.before_loop, iteration=iteration)
    output.hand_over(as_text(value))
    subject.tell(signals.after_loop, output=value, iteration=iteration)
