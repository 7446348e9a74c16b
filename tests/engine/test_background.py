"""Actions of operators over many rows, gone on with by real workers: paused, killed, two at once."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from django_simple_queue.models import OperatorAction, QueuePause, Task
from django_simple_queue.models.audit import background, perform, scope, undo
from django_simple_queue.models.audit.terms import Terms
from django_simple_queue.models.control import pause_queue
from django_simple_queue.models.fields import uuid7
from django_simple_queue.utils import create_task
from tests.engine.fleet import Fleet
from tests.support.waiting import wait_until

MANY = 3_000


def failed_rows(count=MANY):
    now = timezone.now()
    values = {"task": "tests.tasks.number", "status": Task.FAILED, "epoch": 1, "attempt": 1, "finished": now}
    Task.objects.bulk_create([Task(id=uuid7(), **values) for _ in range(count)], batch_size=500)


def started(count=MANY):
    """A requeue of all failed rows, which start an hour later."""
    failed_rows(count)
    frozen = scope.freeze([Q(status=Task.FAILED)], timezone.now() + timedelta(seconds=1))
    hold = timedelta(hours=1)
    return background.start("requeue", frozen, Terms(), "ada", "all failed", expected=count, hold=hold)


def fresh(action):
    return OperatorAction.objects.get(pk=action.pk)


def reached(action):
    return sum(fresh(action).outcomes.values())


def wait_for_end(action):
    wait_until(lambda: fresh(action).state == OperatorAction.State.DONE, 90, f"{action} ends")
    return fresh(action)


def each_row_was_moved_once(action):
    assert action.outcomes == {"done": MANY}
    assert action.items.count() == MANY
    assert action.items.values("task").distinct().count() == MANY
    assert Task.objects.filter(status=Task.QUEUED, epoch=1).count() == MANY


def test_a_killed_worker_s_action_goes_on_with_the_next_and_no_row_is_moved_twice(fleet: Fleet) -> None:
    action = started()
    for _ in range(2):
        before = reached(action)
        boot = fleet.ready("--concurrency", "1")
        wait_until(lambda past=before: reached(action) > past, 30, "the worker drives it")
        boot.kill()
    assert fresh(action).state == OperatorAction.State.RUNNING
    assert 0 < reached(action) < MANY
    fleet.ready("--concurrency", "1")
    each_row_was_moved_once(wait_for_end(action))


def test_two_workers_share_an_action_without_a_row_moved_twice(fleet: Fleet) -> None:
    action = started()
    for _ in range(2):
        fleet.ready("--concurrency", "1")
    each_row_was_moved_once(wait_for_end(action))


def test_it_goes_on_while_all_queues_are_paused(fleet: Fleet) -> None:
    pause_queue(QueuePause.ALL, "deploy", "ada")
    action = started(50)
    fleet.ready("--concurrency", "1")
    assert wait_for_end(action).outcomes == {"done": 50}


def test_an_abort_stops_a_worker_between_batches(fleet: Fleet) -> None:
    action = started()
    fleet.ready("--concurrency", "1")
    wait_until(lambda: reached(action) > 0, 30, "the worker drives it")
    assert background.abort(fresh(action), "omar")
    stopped_at = reached(action)
    assert 0 < stopped_at < MANY
    other = started(0)
    wait_for_end(other)
    assert reached(action) == stopped_at
    assert fresh(action).items.count() == stopped_at


def test_undo_beats_an_idle_worker_that_polls(fleet: Fleet) -> None:
    failed_rows(1)
    fleet.ready("--concurrency", "1")
    rows = Task.objects.filter(status=Task.FAILED)
    action = perform("requeue", rows, "ada", hold=timedelta(seconds=5))
    assert undo(action, "ada") == 1
    witness = create_task("tests.tasks.number", {})
    wait_until(lambda: Task.objects.get(pk=witness).status > Task.PROGRESS, 30, "the worker has polled since")
    row = Task.objects.exclude(pk=witness).get()
    assert (row.status, row.epoch) == (Task.FAILED, 1)
