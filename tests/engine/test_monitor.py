"""The public monitor: endings that the process of a task could not report itself."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

from django_simple_queue import monitor
from django_simple_queue.failure import LOST
from django_simple_queue.models import Task
from django_simple_queue.signals import on_failure
from tests.engine.storing import enqueue, let_lease_end, row, running


@pytest.fixture
def failures():
    """The tasks for which `on_failure` was sent, with their errors."""
    sent = []

    def hear(sender, task, error, **kwargs):
        sent.append((task.pk, task.status, repr(error)))

    on_failure.connect(hear)
    yield sent
    on_failure.disconnect(hear)


def reload(model):
    model.refresh_from_db()
    return model


def test_a_process_that_is_gone_ends_the_row_of_the_older_package(worker, failures, dead_pid):
    gone, alive, unknown = enqueue(3, max_attempts=3)
    for task, pid in ((gone, dead_pid), (alive, os.getpid()), (unknown, None)):
        Task.objects.filter(pk=task.pk).update(status=Task.PROGRESS, worker_pid=pid)
    assert monitor.detect_orphaned_tasks() == 1
    assert [reload(task).status for task in (gone, alive, unknown)] == [Task.FAILED, Task.PROGRESS, Task.PROGRESS]
    assert gone.error == f"worker process (PID {dead_pid}) no longer running"
    assert failures == [(gone.pk, Task.FAILED, "None")]


def test_orphans_are_never_taken_from_a_live_worker(worker, failures, dead_pid):
    run = running(worker)
    Task.objects.filter(pk=run.id).update(worker_pid=dead_pid)
    assert monitor.detect_orphaned_tasks() == 0
    let_lease_end(worker)
    assert monitor.detect_orphaned_tasks() == 1
    assert row(run).status == Task.FAILED


def test_an_orphan_without_a_process_says_that_its_worker_is_gone(worker):
    run = running(worker)
    let_lease_end(worker)
    assert monitor.detect_orphaned_tasks() == 1
    assert row(run).error == LOST.error


@pytest.mark.parametrize(
    ("report", "value", "error", "cause"),
    [
        (monitor.handle_subprocess_exit, -9, "Worker subprocess exited with code -9", "None"),
        (
            monitor.handle_task_timeout,
            90,
            "Task timed out after 90 seconds",
            "TimeoutError('Task exceeded 90s timeout')",
        ),
    ],
)
def test_an_ending_from_outside_is_written_once(worker, failures, report, value, error, cause):
    run = running(worker)
    assert report(run.id, value) is True
    assert (row(run).status, row(run).error) == (Task.FAILED, error)
    assert failures == [(run.id, Task.FAILED, cause)]
    assert report(run.id, value) is False
    assert report(uuid4(), value) is False
    assert len(failures) == 1


def test_a_process_that_left_well_ends_nothing(worker):
    run = running(worker)
    assert monitor.handle_subprocess_exit(run.id, 0) is False
    assert row(run).status == Task.PROGRESS


def test_a_receiver_that_raises_changes_nothing(worker):
    def break_down(sender, **kwargs):
        raise RuntimeError("receiver")

    run = running(worker)
    on_failure.connect(break_down)
    try:
        assert monitor.handle_task_timeout(run.id, 1) is True
    finally:
        on_failure.disconnect(break_down)
    assert row(run).status == Task.FAILED
