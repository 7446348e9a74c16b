"""Real workers on the database of the test, and the ledger that its tasks keep outside the database."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import close_old_connections
from django.db.models.functions import Now

from django_simple_queue.models import Task, Worker
from django_simple_queue.utils import create_task
from tests.support.processes import environment, start_manage
from tests.support.waiting import wait_until

PREFIX = "DJANGO_SIMPLE_QUEUE_"
TASKS = "tests.tasks."


@dataclass
class Boot:
    """One started worker; `lines` is what it has printed so far."""

    process: subprocess.Popen[str]
    output: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def lines(self) -> str:
        return self.output.read_text()

    @property
    def row(self) -> Worker:
        return Worker.objects.get(pid=self.pid)

    @property
    def guard(self) -> int:
        (guard,) = children_of(self.pid)
        return guard

    @property
    def children(self) -> list[int]:
        return children_of(self.guard)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        """The exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"Worker still runs after {seconds} s:\n{self.lines[-3000:]}") from None

    def says(self, words: str, seconds: float = 20) -> None:
        """Wait for words in its log: what it stores can be seen before what it prints of it."""
        wait_until(lambda: words in self.lines, seconds, f"the worker says {words!r}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Fleet:
    """Starts workers and ends all of them when the test is over."""

    home: Path
    boots: list[Boot] = field(default_factory=list)

    def start(
        self, *arguments: str, env: dict[str, str] | None = None, stdin: int | None = None, **settings: Any
    ) -> Boot:
        """A worker with these arguments; `settings` are the queue's, in lower case, or `databases`."""
        overrides = {setting(name): value for name, value in settings.items()}
        output = self.home / f"worker-{len(self.boots)}.log"
        with output.open("w") as log:
            process = start_manage(
                "task_worker",
                *arguments,
                env=environment(overrides, **(env or {})),
                stdin=stdin,
                stdout=log,
                stderr=log,
            )
        self.boots.append(Boot(process, output))
        return self.boots[-1]

    def ready(self, *arguments: str, **options: Any) -> Boot:
        """A worker that has begun to look for work."""
        boot = self.start(*arguments, **options)
        wait_until(lambda: "started as" in boot.lines or boot.process.poll() is not None, 20, "the worker starts")
        assert boot.process.poll() is None, boot.lines
        return boot

    def burst(self, *arguments: str, seconds: float = 60, **settings: Any) -> Boot:
        """Run all that is due and leave."""
        boot = self.start("--burst", *arguments, **settings)
        assert boot.wait(seconds) == 0, boot.lines
        return boot

    def here(self, code: str, lease_seconds: float) -> Boot:
        """A process of the project that is no worker and runs `code`."""
        output = self.home / f"process-{len(self.boots)}.log"
        with output.open("w") as log:
            env = environment({PREFIX + "LEASE_SECONDS": lease_seconds})
            process = start_manage("shell", "--command", code, env=env, stdout=log, stderr=log)
        self.boots.append(Boot(process, output))
        return self.boots[-1]

    def end(self) -> None:
        for boot in self.boots:
            if boot.process.poll() is None:
                boot.kill()


def setting(name: str) -> str:
    return "DATABASES" if name == "databases" else PREFIX + name.upper()


class Ledger:
    def __init__(self, path: Path) -> None:
        self.path = str(path)

    @property
    def lines(self) -> list[list[str]]:
        try:
            return [line.split() for line in Path(self.path).read_text().splitlines()]
        except FileNotFoundError:
            return []

    def words(self, first: str) -> list[list[str]]:
        return [words[1:] for words in self.lines if words[0] == first]

    def count(self, first: str) -> Counter[str]:
        return Counter(words[0] for words in self.words(first))

    def wait_for(self, first: str, count: int = 1, seconds: float = 20) -> list[list[str]]:
        wait_until(lambda: len(self.words(first)) >= count, seconds, f"{count} x {first} in {self.lines}")
        return self.words(first)


def enqueue(name: str, args: dict[str, Any] | None = None, **options: Any) -> UUID:
    return create_task(TASKS + name, args or {}, **options)


def run(fleet: Fleet, name: str, args: dict[str, Any] | None = None, **settings: Any) -> Task:
    """The task after a worker has run it."""
    task = enqueue(name, args)
    fleet.burst("--concurrency", "1", **settings)
    return Task.objects.get(pk=task)


def wait_for_status(task: UUID, status: int, seconds: float = 20) -> Task:
    def reached() -> bool:
        close_old_connections()
        return Task.objects.get(pk=task).status == status

    wait_until(reached, seconds, f"{task} gets status {status}")
    return Task.objects.get(pk=task)


def renewed_since(boot: Boot, moment: datetime) -> bool:
    close_old_connections()
    return boot.row.heartbeat > moment


def wait_for_heartbeats(boot: Boot, count: int = 2) -> None:
    for _ in range(count):
        before = boot.row.heartbeat
        wait_until(lambda before=before: renewed_since(boot, before), 30, "the worker renews its lease")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def open_files(pid: int) -> list[str]:
    """What the descriptors of a process lead to; nothing when it is gone."""
    names = []
    with suppress(FileNotFoundError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                names.append(os.readlink(entry))
    return names


def lease_is_over(boot: Boot) -> bool:
    close_old_connections()
    return Worker.objects.filter(pid=boot.pid, lease_until__lte=Now()).exists()


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def out_of_files(pid: int) -> Iterator[None]:
    """Let a process open nothing more for a block, whatever it closes."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a process stand still for a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
