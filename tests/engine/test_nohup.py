"""A worker beside its terminal: it is to outlive it, and to leave its keys alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue, wait_for_status


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
