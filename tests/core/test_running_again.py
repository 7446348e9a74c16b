"""A task runs again: after its backoff, after a requeue, or as a new row of the same call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.models import Attempt, Task
from django_simple_queue.models.audit import perform
from django_simple_queue.models.audit.terms import is_never_repeated
from tests.core.rows import BROKEN, PATH, a_task, claim_by_store, claim_here, lose_lease, row, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]


def test_a_failure_with_attempts_left_waits_for_its_backoff():
    task = a_task(Task.PROGRESS, max_attempts=2)
    assert task.fail(BROKEN, Attempt.Outcome.FAILED)
    assert (task.status, task.due, task.attempt, task.error_class) == (Task.QUEUED, False, 1, "builtins.ValueError")
    assert rows_of(task).retrying().exists()
    assert rows_of(task).filter(run_after__gt=Now() + timedelta(seconds=50)).exists()
    assert claim_here(task)
    assert task.fail(BROKEN, Attempt.Outcome.FAILED)
    assert (task.status, task.attempt, task.epoch) == (Task.FAILED, 2, 2)
    assert list(task.attempts.values_list("round", "attempt", "outcome")) == [(1, 1, "failed"), (1, 2, "failed")]


def test_a_requeue_opens_a_new_round_with_a_fresh_budget():
    task = a_task(Task.PROGRESS)
    task.fail(BROKEN, Attempt.Outcome.FAILED)
    assert rows_of(task).requeue() == 1
    task.refresh_from_db()
    assert (task.status, task.attempt, task.due, task.epoch) == (Task.QUEUED, 0, True, 1)
    claim_here(task)
    assert (task.attempt, task.epoch, task.error, task.finished, task.error_class) == (1, 2, None, None, "")
    task.fail(BROKEN, Attempt.Outcome.FAILED)
    assert list(task.attempts.values_list("round", "epoch")) == [(1, 1), (2, 2)]


def test_a_held_requeue_starts_later_and_can_start_now():
    task = a_task(Task.FAILED)
    rows_of(task).requeue(timedelta(seconds=30))
    task.refresh_from_db()
    assert not task.due
    assert not claim_by_store(task)
    assert rows_of(task).start_now() == 1
    assert rows_of(task).start_now() == 0
    assert claim_by_store(task)


@pytest.mark.parametrize(
    ("columns", "outcome", "status"),
    [
        ({}, "done", Task.FAILED),
        ({"max_attempts": 2}, "retrying", Task.QUEUED),
        ({"cancel_requested": timezone.now()}, "stopped", Task.CANCELLED),
    ],
)
def test_a_lost_run_that_is_marked_as_failed_is_counted_for_what_it_became(columns, outcome, status):
    task = a_task(Task.PROGRESS, **columns)
    lose_lease(task.worker)
    action = perform("mark_failed", rows_of(task), "ada")
    assert (action.outcomes, action.moved) == ({outcome: 1}, 1)
    assert action.items.get().task == task.pk
    assert rows_of(task).get().status == status


@pytest.mark.parametrize(("status", "epoch"), [(Task.FAILED, 0), (Task.CANCELLED, 1)])
def test_what_has_run_once_and_may_not_again_is_known_in_rows_of_the_older_package_too(settings, status, epoch):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"rerun": "never"}}
    assert is_never_repeated(a_task(status, epoch=epoch))
    assert not is_never_repeated(a_task(Task.CANCELLED, epoch=0))


def test_running_again_makes_a_new_row_of_the_same_call():
    task = a_task(Task.COMPLETED, args='{"order": 7}', queue="mail", priority=3, idempotency_key="k", timeout=9)
    before = row(task)
    (new_id,) = rows_of(task).run_again("ada").values()
    copy = Task.objects.get(pk=new_id)
    assert (copy.status, copy.parent, copy.created_by, copy.idempotency_key) == (Task.QUEUED, task.pk, "ada", None)
    assert (copy.task, copy.args, copy.queue, copy.priority, copy.timeout) == (PATH, '{"order": 7}', "mail", 3, 9)
    assert (copy.attempt, copy.epoch, copy.due, copy.finished) == (0, 0, True, None)
    assert row(task) == before


def test_running_again_asks_the_allowlist():
    task = a_task(Task.COMPLETED, task="shop.tasks.retired")
    assert rows_of(task).run_again() == {}
    action = perform("run_again", rows_of(task), "ada")
    assert action.outcomes == {"not_allowed": 1}


@pytest.mark.parametrize("backoff", [["soon"], [], "ten", [float("nan")], lambda attempt: 1 / 0, [10**12], [-5]])
def test_a_backoff_that_is_nonsense_never_blocks_an_ending(settings, backoff):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"backoff": backoff}}
    task = a_task(Task.PROGRESS, max_attempts=2)
    assert task.fail(BROKEN, Attempt.Outcome.FAILED)
    assert task.status == Task.QUEUED
