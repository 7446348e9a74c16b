"""For every verb and every status: only what the table of moves allows moves, and it moves to where the table says."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from django_simple_queue.engine import store
from django_simple_queue.models import Attempt, QueuePause, Task
from django_simple_queue.models.audit import VERBS, perform
from django_simple_queue.models.transitions import MOVES
from tests.core.rows import (
    BROKEN,
    LABELS,
    PATH,
    a_task,
    a_worker,
    claim_by_store,
    claim_here,
    lose_lease,
    row,
    rows_of,
    status_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]

STATUSES = list(LABELS)


def end_by_store(verb):
    def end(task):
        outcome = "" if verb in ("complete", "release") else Attempt.Outcome.INTERRUPTED
        ending = store.Ending(task.pk, task.epoch, verb, task=task.task, attempt=task.attempt, outcome=outcome)
        return bool(store.turn(task.worker or a_worker().pk, [ending], 0, []).ended)

    return end


def lose(task):
    lose_lease(task.worker)
    return rows_of(task).lose()


WAYS = {
    "claim": [claim_here, claim_by_store],
    "complete": [lambda task: task.complete("done"), end_by_store("complete")],
    "fail": [lambda task: task.fail(BROKEN, Attempt.Outcome.FAILED), end_by_store("fail")],
    "release": [end_by_store("release")],
    "interrupt": [end_by_store("interrupt")],
    "lose": [lose],
    "cancel": [lambda task: rows_of(task).cancel()],
    "undo_cancel": [lambda task: rows_of(task).undo_cancel()],
    "requeue": [lambda task: rows_of(task).requeue(), lambda task: rows_of(task).requeue(timedelta(minutes=1))],
    "undo_requeue": [
        lambda task: rows_of(task).undo_requeue(Task.FAILED),
        lambda task: rows_of(task).undo_requeue(Task.CANCELLED),
    ],
    "run_again": [lambda task: rows_of(task).run_again()],
}
MATRIX = [
    pytest.param(verb, way, status, id=f"{verb}{number}-{LABELS[status]}")
    for verb, ways in WAYS.items()
    for number, way in enumerate(ways)
    for status in STATUSES
]


def test_every_verb_of_the_table_is_tried():
    assert set(WAYS) == set(MOVES) - {"create_task"}


def outlives(verb, before, after):
    """Verbs that leave the row in its status: a running task is asked to end; a completed one gets a copy."""
    if verb == "cancel" and before["status"] == Task.PROGRESS:
        return after["cancel_requested"] is not None
    return verb == "run_again" and Task.objects.filter(parent=before["id"], status=Task.QUEUED).count() == 1


@pytest.mark.parametrize(("verb", "way", "status"), MATRIX)
def test_a_verb_moves_what_the_table_says_and_nothing_else(verb, way, status):
    task = a_task(status)
    before = row(task)
    moved = way(task)
    after = row(task)
    if status in MOVES[verb].sources:
        assert moved
        assert after["status"] in MOVES[verb].targets or outlives(verb, before, after)
        assert after["modified"] > before["modified"] or verb == "run_again"
    else:
        assert not moved
        assert after == before


@pytest.mark.parametrize("verb", ["complete", "fail", "interrupt", "release"])
def test_any_ending_of_a_task_that_was_asked_to_end_is_cancelled(verb):
    task = a_task(Task.PROGRESS, max_attempts=5)
    rows_of(task).cancel()
    task.refresh_from_db()
    assert end_by_store(verb)(task)
    assert status_of(task) == Task.CANCELLED


def test_a_cancelled_run_keeps_its_output():
    task = a_task(Task.PROGRESS)
    rows_of(task).cancel()
    assert task.complete("half of it")
    assert (status_of(task), row(task)["output"]) == (Task.CANCELLED, "half of it")


@pytest.mark.parametrize("worker", ["none", "lost"])
def test_cancel_acts_at_once_when_no_live_worker_holds_the_task(worker):
    task = a_task(Task.PROGRESS, **({"worker": None} if worker == "none" else {}), max_attempts=3)
    lose_lease(task.worker)
    assert rows_of(task).cancel() == 1
    assert status_of(task) == Task.CANCELLED
    assert Attempt.objects.get(task=task).outcome == Attempt.Outcome.CANCELLED


def test_cancel_acts_on_a_filter_that_its_own_writing_would_empty():
    task = a_task(Task.PROGRESS, worker=None)
    Task.objects.filter(cancel_requested=None, modified__lt=Now() + timedelta(seconds=5)).cancel()
    assert status_of(task) == Task.CANCELLED


def test_a_second_cancel_of_a_running_task_asks_nothing_new():
    task = a_task(Task.PROGRESS)
    assert rows_of(task).cancel() == 1
    asked = row(task)
    assert rows_of(task).cancel() == 0
    assert row(task) == asked


def test_a_requeue_leaves_alone_what_is_not_allowed_any_more(settings):
    task = a_task(Task.FAILED, task="shop.tasks.retired")
    assert rows_of(task).requeue() == 0
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    assert rows_of(task).requeue() == 1


def test_undo_requeue_leads_only_back_to_an_ending():
    with pytest.raises(ValueError, match="leads to FAILED or CANCELLED, not to status 2"):
        Task.objects.undo_requeue(Task.COMPLETED)


@pytest.mark.parametrize("finish", ["complete", "fail"])
def test_a_run_that_was_taken_over_changes_nothing(finish):
    task = a_task(Task.PROGRESS, max_attempts=3)
    stale = Task.objects.get(pk=task.pk)
    lose(task)
    rows_of(task).start_now()
    assert claim_here(task)
    before = row(task)
    ended = stale.complete("late") if finish == "complete" else stale.fail(BROKEN, Attempt.Outcome.FAILED)
    assert not ended
    assert row(task) == before


def test_a_run_whose_row_is_gone_ends_quietly():
    task = a_task(Task.PROGRESS)
    Task.objects.all().delete()
    assert not task.complete("late")
    assert not task.fail(BROKEN, Attempt.Outcome.FAILED)


def test_a_verb_over_a_paused_queue_waits_for_nobody_but_the_claim():
    task = a_task(Task.FAILED, queue="mail")
    QueuePause.objects.create(queue="mail", reason="provider is down")
    assert rows_of(task).requeue() == 1
    assert not claim_by_store(task)
    assert rows_of(task).cancel() == 1


@pytest.mark.parametrize("status", STATUSES)
def test_an_older_idiom_that_saves_a_row_as_queued_makes_it_claimable(status):
    task = a_task(status)
    lose_lease(task.worker)
    task.status = Task.QUEUED
    task.save()
    assert claim_by_store(task)


@pytest.mark.parametrize("status", [Task.COMPLETED, Task.FAILED, Task.CANCELLED])
def test_an_older_idiom_that_updates_a_row_to_queued_makes_it_claimable(status):
    task = a_task(status, cancel_requested=Now())
    Task.objects.filter(pk=task.pk).update(status=Task.QUEUED)
    assert rows_of(task).cancellable().exists()
    assert claim_by_store(task)
    task.refresh_from_db()
    assert task.complete("ran")
    assert task.status == Task.COMPLETED


def test_an_older_insert_by_hand_is_claimable():
    task = Task.objects.create(task=PATH, args='{"a": 1}')
    assert claim_by_store(task)


def test_a_claim_by_hand_takes_over_from_a_dead_worker_only():
    task = a_task(Task.PROGRESS)
    assert not claim_here(task)
    lose_lease(task.worker)
    assert claim_here(task)
    assert task.epoch == 2


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_an_operator_passes_through_the_table(verb):
    tasks = [a_task(status) for status in STATUSES]
    before = {task.pk: row(task)["status"] for task in tasks}
    perform(verb, Task.objects.filter(pk__in=before), "ada")
    for task in tasks:
        if (after := status_of(task)) != before[task.pk]:
            allowed = MOVES[{"mark_failed": "lose"}.get(verb, verb)]
            assert before[task.pk] in allowed.sources
            assert after in allowed.targets


def test_text_that_no_database_takes_never_blocks_an_ending():
    hostile = "a\x00b \ud800"
    task = a_task(Task.PROGRESS)
    failure = type(BROKEN)(hostile, "shop.Broken")
    assert task.fail(failure, Attempt.Outcome.FAILED, log=hostile, output=None)
    assert "\x00" not in row(task)["error"] + row(task)["log"] + Attempt.objects.get().error
    other = a_task(Task.PROGRESS)
    assert other.complete(hostile, hostile)


def test_two_uuids_of_workers_are_two_workers():
    task = a_task(Task.PROGRESS)
    task.worker = uuid4()
    assert not task.complete("not mine")
