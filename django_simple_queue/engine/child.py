"""The child process: takes one task at a time by message and answers how it came out. It owns nothing durable."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from django.conf import settings
from django.core.cache import caches
from django.db import reset_queries

from django_simple_queue import callables, conf, limits, reporting, running, signals
from django_simple_queue.engine import clock, large, memory, messages, sessions
from django_simple_queue.engine.board import Row
from django_simple_queue.engine.capture import Capture
from django_simple_queue.engine.leftovers import Leftovers
from django_simple_queue.engine.traces import Traces
from django_simple_queue.models import Task
from django_simple_queue.text import storable
from django_simple_queue.worker import ManagedEventLoop, TaskSubject

PR_SET_PDEATHSIG = 1
STALE_SECONDS = 1.0
"""A database may have gone away while a child was idle for so long; right after a run its connections are known."""
OWN_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGALRM, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Ends:
    """What a child is born with: the task stream, the pipe for results, what is left of its runs.

    On the ``row`` of shared memory it says what it is at, and reads what its guard has condemned.
    """

    tasks: socket.socket
    results: int
    traces: Traces
    row: Row


def main(ends: Ends, guard: int) -> NoReturn:
    """Serve until the parent hangs up, then leave without running anything that belongs to the parent."""
    code = 1
    try:
        detach(guard)
        Child(ends).serve()
        code = 0
    except running.Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def detach(guard: int) -> None:
    """Be a session and process group of our own, and never outlive the guard."""
    signal.set_wakeup_fd(-1)
    for number in OWN_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hear_nobody()
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)


def hear_nobody() -> None:
    """Let standard input be empty: a task that asks for something would wait, and take keys meant for others.

    One that was closed from the start cannot be asked, and another file may have its number.
    """
    if sys.__stdin__ is not None:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)


class Child:
    def __init__(self, ends: Ends) -> None:
        self.tasks, self.results, self.row = ends.tasks, ends.results, ends.row
        self.traces = ends.traces
        self.capture = Capture(self.traces.log)
        reporting.listen(self.traces.progress.write)
        self.loop = ManagedEventLoop()
        self.loop.__enter__()
        self.log_limit = conf.get_max_log_size()
        self.idle_since = self.hard_seconds = 0.0
        self.soft_seconds: dict[tuple[str, float], float] = {}
        megabytes = conf.get_max_child_memory_mb()
        self.memory_limit = megabytes and megabytes * 1024 * 1024
        self.worn_out = False
        signal.signal(signal.SIGTERM, self.on_terminate)
        self.leftovers = Leftovers()
        with suppress(Exception):  # else each run, in a context of its own, would connect to caches anew
            caches.all()
        self.unanswered: dict[int, tuple[TaskSubject, BaseException | None]] = {}
        self.answers: dict[str, Callable[..., None]] = {"run": self.run, "ended": self.ended, "died": self.died}

    def serve(self) -> None:
        self.say("ready", 0)
        while (message := messages.receive_packet(self.tasks)) is not None:
            verb, serial, *details = message
            self.worn_out = self.worn_out or self.row.is_spoilt or not details  # no more files can be opened
            if self.worn_out and verb == "run":
                self.say("refused", serial)
                continue
            seconds, *arguments = details
            if not self.row.begin(serial, seconds):
                return
            self.hard_seconds = seconds
            self.answers[verb](serial, *arguments)
            if not self.row.finish(serial):
                return

    def on_terminate(self, number: int, frame: FrameType | None) -> None:
        """Unwind the task that our guard ends, so that its ``finally`` blocks run; a second signal kills.

        A signal that is not the guard's is meant for the worker as a whole, and its parent has got it as well.
        """
        if self.row.serial and self.row.serial == self.row.condemned:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            raise running.Terminated

    def say(self, verb: str, serial: int, *details: object) -> None:
        messages.send_frame(self.results, [verb, serial, self.worn_out, *details])

    def run(self, serial: int, task_id: str, epoch: int, *words: str) -> None:
        self.fresh()
        call = running.Call(*words)
        subject = TaskSubject(task_id=task_id)
        began = time.perf_counter()
        soft = self.soft_limit(call.task)
        result = running.run(call, subject, self.traces.output, soft)
        self.leftovers.clear()
        seconds, ended_at = time.perf_counter() - began, clock.now()
        output = large.to_report(result.output, task_id, epoch)
        left = self.leftovers.what_goes_on()
        self.worn_out = sessions.tidy(is_busy=bool(left)) or self.is_too_big() or bool(left)
        self.row.finish(serial)
        log = self.capture.end(self.log_limit)
        awaits = signals.has_receivers(signals.on_failure if result.failure else signals.on_success, Task)
        if awaits:
            self.unanswered[serial] = (subject, result.error)
        shown = self.traces.progress.read()
        self.say("done", serial, awaits, ended_at, left, seconds, output, failure_details(result), log, shown)
        self.idle_since = time.monotonic()

    def is_too_big(self) -> bool:
        return self.memory_limit is not None and memory.resident() > self.memory_limit

    def soft_limit(self, task: str) -> limits.SoftLimit | None:
        hard = self.hard_seconds
        if (task, hard) not in self.soft_seconds:
            self.soft_seconds[task, hard] = limits.soft_limit(task, hard)
        soft = self.soft_seconds[task, hard]
        return limits.SoftLimit(soft, hard) if soft else None

    def fresh(self) -> None:
        """Let nothing of the run before reach the next one."""
        if time.monotonic() - self.idle_since > STALE_SECONDS:
            sessions.refresh()
        if settings.DEBUG:
            reset_queries()
        self.capture.begin()
        self.traces.begin()
        if self.loop.loop is None or self.loop.loop.is_closed():
            self.loop = ManagedEventLoop()
            self.loop.__enter__()
        else:
            asyncio.set_event_loop(self.loop.loop)

    def ended(self, serial: int, status: int) -> None:
        """The ending of one of our runs is durable: its signals are due."""
        subject, error = self.unanswered.pop(serial)
        subject.forget()
        with self.capture.paused():
            if status == Task.COMPLETED:
                copy_context().run(subject.tell, signals.on_success)
            elif status == Task.FAILED:
                copy_context().run(subject.tell, signals.on_failure, error=error)
            self.told(serial)

    def died(self, serial: int, task_id: str, task: str) -> None:
        """A run of another child, which cannot tell any more, is FAILED; its module may be where receivers connect."""
        with self.capture.paused():
            with suppress(Exception):
                callables.resolve(task)
            copy_context().run(TaskSubject(task_id=task_id).tell, signals.on_failure, error=None)
            self.told(serial)

    def told(self, serial: int) -> None:
        self.leftovers.leave_if_copied()
        sessions.refresh(is_busy=self.worn_out)
        self.say("told", serial)


def failure_details(result: running.Result) -> list[object] | None:
    """Return the fields of the failure; its texts are such that any database takes them."""
    failure, limit = result.failure, conf.get_max_log_size()
    if failure is None:
        return None
    texts = storable(failure.error, limit), failure.error_class, failure.frames_within(limit)
    return [*texts, failure.retry, failure.after, failure.asked]
