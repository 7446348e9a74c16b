"""Run one task here and now, in this process, as a worker would, but for all that takes another process to see to."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import Error, connections
from django.db.models.functions import Now
from django.dispatch import Signal

from django_simple_queue import __version__, conf, limits, reporting, running, signals
from django_simple_queue.awaiting import beside_this_thread
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.models.primary import alias
from django_simple_queue.outcomes import TaskTimeout
from django_simple_queue.verdict import told_of_cap

SHOW_SECONDS = 0.5
logger = logging.getLogger("django_simple_queue.worker")


class TaskHeldError(RuntimeError):
    """A live worker holds the task; it cannot be run here as well."""


def execute_task(task_id: UUID | str, log_fd: int | None = None) -> None:
    """Run a task that is queued, or in progress without a live worker, to its end in this process.

    What the task prints and logs goes to the descriptor ``log_fd``, which is closed afterwards, if one is given. A task
    that has ended already is left alone. No time limit is kept, no log is stored, a cancel is heeded at the end only.
    Raises Task.DoesNotExist for an unknown id and TaskHeldError while a live worker holds the task; what the task
    itself raises is stored in its row. Called by a task whose soft limit is reached meanwhile it raises TaskTimeout.
    """
    with writing_to(log_fd), ManagedEventLoop():
        task = Task.objects.get(pk=task_id)
        if task.cancel_requested:
            Task.objects.filter(pk=task.pk).lose()  # what no worker can heed any more, and no new run may forget
            task.refresh_from_db(using=alias())
        if task.status in (Task.QUEUED, Task.PROGRESS):
            with identity() as worker:
                run_here(task, worker)


def run_here(task: Task, worker: Worker) -> None:
    if not task.claim(worker.pk, os.getpid()):
        raise TaskHeldError(f"Task {task.pk} is held by live worker {task.worker} (or has just ended): not run here.")
    subject, shown = TaskSubject(task), RowProgress(task)
    with reporting.heard_by(shown.hear):
        call = running.Call(task.task, task.args, task.positional)
        result = running.run(call, subject, driver=beside_this_thread)
    shown.write()
    if not store(task, result):
        logger.warning("Task %s was taken over while it ran here; its result is dropped.", task.pk)
    elif task.status == Task.COMPLETED:
        subject.tell(signals.on_success)
    elif task.status == Task.FAILED:
        subject.tell(signals.on_failure, error=result.error)
    if isinstance(result.error, TaskTimeout) and limits.is_watched():
        raise result.error  # of the task that has called execute_task: its own time is nearly over


def store(task: Task, result: running.Result) -> bool:
    if result.failure is None:
        return task.complete(result.output)
    failure = result.failure
    error = told_of_cap(failure.error, failure.asked, task.attempt, task.max_attempts)
    return task.fail(replace(failure, error=error), Attempt.Outcome.FAILED, output=result.output)


class RowProgress:
    """Shows the progress of a run in this process in its row, at most twice a second and outside transactions.

    Only the thread of the run writes, the one whose transactions the caller knows; a coroutine has it asked.
    """

    def __init__(self, task: Task) -> None:
        self.rows = Task.objects.filter(pk=task.pk, worker=task.worker, epoch=task.epoch).running()
        self.latest: reporting.Progress | None = None
        self.next_at = 0.0
        self.thread = threading.get_ident()
        self.asked: asyncio.Task[None] | None = None

    def hear(self, state: reporting.Progress) -> None:
        self.latest = state
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + SHOW_SECONDS
        try:
            self.asked = asyncio.get_running_loop().create_task(sync_to_async(self.show)())
        except RuntimeError:
            self.show()

    def show(self) -> None:
        if threading.get_ident() == self.thread and not connections[self.rows.db].in_atomic_block:
            self.write()

    def write(self) -> None:
        """Write the latest state; a database that is away is no concern of the task."""
        if self.latest is None:
            return
        try:
            self.rows.update(progress=self.latest.percent, progress_message=self.latest.message)
        except Error as error:
            logger.warning("The progress of a task could not be stored: %s", error)


class TaskSubject:
    """Tells the receivers of the queue's signals about a task; nothing is read or built while there are none."""

    def __init__(self, task: Task | None = None, task_id: str | None = None) -> None:
        self.task = task
        self.task_id = task_id
        if task is not None:
            task.runs_here = True

    def tell(self, signal: Signal, **arguments: Any) -> None:
        """Send ``signal`` about the task; a receiver that raises is logged and changes nothing."""
        if not signals.has_receivers(signal, Task):
            return
        try:
            if (task := self.instance()) is not None:
                signal.send_robust(sender=Task, task=task, **arguments)
        except (Exception, SystemExit, KeyboardInterrupt):
            logger.exception("The signals about task %s were cut short", self.task_id or self.task)

    def instance(self) -> Task | None:
        if self.task is None and self.task_id is not None:
            self.task = Task.objects.filter(pk=self.task_id).first()
            if self.task is not None:
                self.task.runs_here = True
        return self.task

    def forget(self) -> None:
        """Read the row anew before the next signal."""
        if self.task_id is not None:
            self.task = None


@contextmanager
def identity() -> Iterator[Worker]:
    """A worker row of our own with a lease that is renewed, so that workers let our task be while we live."""
    lease = timedelta(seconds=conf.get_lease_seconds())
    place = alias()
    columns = {"host": socket.gethostname()[:255], "pid": os.getpid(), "slots": 0, "version": __version__}
    worker = Worker.objects.using(place).create(**columns, release=conf.get_release(), lease_until=Now() + lease)
    ended = threading.Event()
    heart = threading.Thread(target=beat, args=(worker.pk, lease, place, ended), name="simple-queue-lease", daemon=True)
    heart.start()
    try:
        yield worker
    finally:
        ended.set()
        heart.join(timeout=1)
        Worker.objects.using(place).filter(pk=worker.pk).delete()


def beat(worker: UUID, lease: timedelta, place: str, ended: threading.Event) -> None:
    while not ended.wait(lease.total_seconds() / 3):
        try:
            Worker.objects.using(place).live().filter(pk=worker).update(heartbeat=Now(), lease_until=Now() + lease)
        except Error as error:
            logger.warning("The lease of worker %s could not be renewed: %s", worker, error)
    connections.close_all()


class ManagedEventLoop:
    """A current event loop for a block, closed after it; inside a running loop that one, left as it is.

    Older projects use it inside one; ``execute_task`` is never there, where Django refuses its database calls.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.own = False

    def __enter__(self) -> asyncio.AbstractEventLoop:
        try:
            self.loop = asyncio.get_running_loop()
        except RuntimeError:
            self.loop, self.own = asyncio.new_event_loop(), True
            asyncio.set_event_loop(self.loop)
        return self.loop

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.own and self.loop is not None:
            asyncio.set_event_loop(None)
            self.loop.close()


@contextmanager
def writing_to(log_fd: int | None) -> Iterator[None]:
    if log_fd is None:
        yield
        return
    with os.fdopen(log_fd, "w", encoding="utf-8", errors="backslashreplace") as log:
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logging.root.addHandler(handler)
        try:
            with redirect_stdout(log), redirect_stderr(log):
                yield
        finally:
            logging.root.removeHandler(handler)
