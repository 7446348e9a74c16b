"""Two verbs on one row at the same moment: one of them wins, and the row is what one order of the two would leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from django_simple_queue.engine import store
from django_simple_queue.models import Attempt, OperatorActionItem, Task
from django_simple_queue.models.audit import perform, undo
from tests.core.rows import BROKEN, PATH, a_task, a_worker, lose_lease, status_of

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3
HELD = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH}


def at_once(*calls):
    """What each call returned, all of them let loose at the same moment."""
    gate = Barrier(len(calls))

    def run(call):
        gate.wait()
        try:
            return call()
        finally:
            store.disconnect()
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def operator(verb, task, **options):
    return lambda: perform(verb, Task.objects.filter(pk=task.pk), "ada", **options).done


def claim(task):
    worker = a_worker().pk
    return lambda: len(store.turn(worker, [], 1, []).claimed)


def complete(task):
    return lambda: Task.objects.get(pk=task.pk).complete("done")


def fail(task):
    return lambda: Task.objects.get(pk=task.pk).fail(BROKEN, Attempt.Outcome.FAILED)


def lose(task):
    return lambda: Task.objects.filter(pk=task.pk).lose()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_eight_claims_of_one_task(number):
    task = a_task()
    assert sum(at_once(*(claim(task) for _ in range(8)))) == 1
    assert Task.objects.get().epoch == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_claim_and_a_cancel(number):
    task = a_task()
    claimed, cancelled = at_once(claim(task), operator("cancel", task))
    row = Task.objects.get()
    if claimed:
        assert row.status == Task.PROGRESS
        assert bool(row.cancel_requested) == (OperatorActionItem.objects.count() == 1)
    else:
        assert (row.status, cancelled) == (Task.CANCELLED, 1)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_claim_and_an_undo_of_the_requeue(number):
    task = a_task(Task.FAILED)
    action = perform("requeue", Task.objects.filter(pk=task.pk), "ada")
    claimed, undone = at_once(claim(task), lambda: undo(action))
    assert claimed + undone == 1
    assert status_of(task) == (Task.PROGRESS if claimed else Task.FAILED)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_undo_and_a_start_now(number):
    task = a_task(Task.FAILED)
    action = perform("requeue", Task.objects.filter(pk=task.pk), "ada", hold=HELD)
    undone, started = at_once(lambda: undo(action), operator("start_now", task))
    row = Task.objects.get()
    assert undone + started >= 1
    assert (row.status, row.due) == ((Task.FAILED, True) if undone else (Task.QUEUED, True))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_endings_of_one_run_and_a_cancel(number):
    task = a_task(Task.PROGRESS)
    completed, failed, _ = at_once(complete(task), fail(task), operator("cancel", task))
    assert completed + failed == 1
    row = Task.objects.get()
    if row.cancel_requested:
        assert row.status == Task.CANCELLED
    else:
        assert row.status == (Task.COMPLETED if completed else Task.FAILED)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_completion_and_two_sweeps(number):
    task = a_task(Task.PROGRESS)
    lose_lease(task.worker)
    assert sum(at_once(complete(task), lose(task), lose(task))) == 1
    assert status_of(task) == (Task.FAILED if Attempt.objects.exists() else Task.COMPLETED)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_requeue_by_two_operators_and_by_code(number):
    task = a_task(Task.FAILED)
    by_code = Task.objects.filter(pk=task.pk).requeue
    assert sum(at_once(operator("requeue", task), operator("requeue", task), by_code)) == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_requeue_and_a_cancel(number):
    task = a_task(Task.FAILED)
    requeued, cancelled = at_once(operator("requeue", task), operator("cancel", task))
    assert requeued == 1
    assert status_of(task) == (Task.CANCELLED if cancelled else Task.QUEUED)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_many_rows_by_two_operators_in_opposite_order(number):
    tasks = [a_task(Task.FAILED) for _ in range(20)]
    rows = Task.objects.filter(pk__in=[task.pk for task in tasks])
    done = at_once(
        lambda: perform("requeue", rows.order_by("created"), "ada").done,
        lambda: perform("requeue", rows.order_by("-created"), "omar").done,
    )
    assert sum(done) == 20
    assert OperatorActionItem.objects.count() == 20
