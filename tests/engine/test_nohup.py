"""A worker beside its terminal: it is to outlive it, and to leave its keys alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.support.processes import environment, start_manage


@contextmanager
def ignored(number: int) -> Iterator[None]:
    """What is started in this block inherits it, as from nohup."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_that_was_ignored_from_the_start_stops_nothing(fleet: Fleet, number: int) -> None:
    with ignored(number):
        boot = fleet.ready("--concurrency", "1")
    boot.send(number)
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    boot.send(signal.SIGTERM)
    assert boot.wait() == 0, boot.lines


def test_a_task_that_asks_is_answered_by_nobody(fleet: Fleet) -> None:
    task = enqueue("ask")
    keys, keyboard = os.pipe()
    boot = fleet.start("--burst", "--concurrency", "1", stdin=keys)
    assert boot.wait() == 0, boot.lines
    os.close(keyboard)
    os.close(keys)
    row = Task.objects.get(pk=task)
    assert (row.status, row.error_class, row.log) == (Task.FAILED, "builtins.EOFError", "Go on? ")


@pytest.mark.django_db(transaction=True)
def test_a_file_that_has_the_number_of_a_closed_standard_input_stays_open(tmp_path: Path) -> None:
    """After ``<&-`` that is the first one that the project opens."""
    project = tmp_path / "project.log"
    file = {"class": "logging.FileHandler", "filename": str(project)}
    logs = {"version": 1, "handlers": {"file": file}, "loggers": {"tests": {"level": "INFO", "handlers": ["file"]}}}
    enqueue("show_and_wait", {"go": str(project)})
    env = environment({"LOGGING": logs})
    worker = start_manage("task_worker", "--burst", "--concurrency", "1", env=env, preexec_fn=partial(os.close, 0))
    said, _ = worker.communicate(timeout=30)
    assert (worker.returncode, project.read_text()) == (0, "logged\n"), said
