from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import MAX_ROWS, perform, record, undo
from tests.core.rows import BROKEN, LABELS, PATH, a_task, a_worker, lose_lease, row, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH}


def rows_of(*tasks):
    return Task.objects.filter(pk__in=[task.pk for task in tasks])


def test_what_was_done_is_written_down_with_who_and_why():
    ada = User.objects.create_user("ada")
    task = a_task(Task.FAILED, attempt=2)
    before = row(task)
    action = perform("requeue", rows_of(task), ada, "1 failed", scope_filter={"status": "failed"}, reason="fixed")
    stored = OperatorAction.objects.get()
    assert stored == action
    assert (stored.actor, stored.actor_id, stored.verb, stored.done) == ("ada", str(ada.pk), "requeue", 1)
    assert (stored.scope, stored.scope_filter, stored.reason) == ("1 failed", {"status": "failed"}, "fixed")
    item = stored.items.get()
    assert (item.task, item.previous_status, item.previous_attempt, item.epoch) == (task.pk, Task.FAILED, 2, 1)
    assert item.previous_run_after == before["run_after"]


@pytest.mark.parametrize(
    ("verb", "outcomes"),
    [
        ("requeue", {"done": 2, "not_allowed": 1, "queued": 1, "progress": 1, "completed": 1}),
        ("cancel", {"done": 1, "asked": 1, "completed": 1, "failed": 2, "cancelled": 1}),
        ("start_now", {"queued": 1, "progress": 1, "completed": 1, "failed": 2, "cancelled": 1}),
        ("mark_failed", {"queued": 1, "progress": 1, "completed": 1, "failed": 2, "cancelled": 1}),
        ("run_again", {"done": 1, "queued": 1, "progress": 1, "failed": 2, "cancelled": 1}),
    ],
)
def test_the_outcomes_add_up_to_the_rows(verb, outcomes):
    tasks = [*map(a_task, LABELS), a_task(Task.FAILED, task="shop.tasks.retired")]
    action = perform(verb, rows_of(*tasks), "ada")
    assert action.outcomes == outcomes
    assert sum(action.outcomes.values()) == len(tasks)
    moved = outcomes.get("done", 0) + outcomes.get("asked", 0)
    assert OperatorActionItem.objects.count() == moved
    assert OperatorAction.objects.count() == bool(moved)


def test_a_task_without_a_live_worker_is_marked_failed():
    task = a_task(Task.PROGRESS)
    lose_lease(task.worker)
    assert perform("mark_failed", rows_of(task), "ada").outcomes == {"done": 1}
    assert status_of(task) == Task.FAILED


def test_an_action_that_moved_nothing_is_not_kept_but_says_so():
    action = perform("requeue", rows_of(a_task(Task.COMPLETED)), "ada")
    assert (action.done, action.outcomes, action.pk) == (0, {"completed": 1}, None)
    assert not OperatorAction.objects.exists()


def test_running_again_is_written_down_with_the_new_task():
    task = a_task(Task.COMPLETED)
    action = perform("run_again", rows_of(task), "ada", created_by="ada")
    assert Task.objects.get(parent=task.pk).pk == action.items.get().created_task


@pytest.mark.parametrize("verb", ["requeu", "", "delete", "claim"])
def test_an_unknown_verb_changes_nothing(verb):
    task = a_task(Task.FAILED)
    with pytest.raises(ValueError, match=f"Unknown verb {verb!r}; known are .*'requeue'"):
        perform(verb, rows_of(task), "ada")
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize("actor", [None, "", "night shift"])
def test_code_and_names_can_act(actor):
    assert perform("requeue", rows_of(a_task(Task.FAILED)), actor).actor == (actor or "")


def test_too_many_rows_change_nothing():
    tasks = [Task(task=PATH, status=Task.FAILED) for _ in range(MAX_ROWS + 1)]
    Task.objects.bulk_create(tasks)
    with pytest.raises(ValueError, match="More than 500 rows at once"):
        perform("requeue", Task.objects.all(), "ada")
    assert not Task.objects.exclude(status=Task.FAILED).exists()
    assert not OperatorAction.objects.exists()
    assert perform("requeue", Task.objects.exclude(pk=tasks[0].pk), "ada").done == MAX_ROWS


@pytest.mark.django_db(transaction=True)
def test_the_change_and_its_record_are_one_transaction():
    task = a_task(Task.FAILED)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        perform("requeue", rows_of(task), "ada")
        1 / 0  # noqa: B018
    assert status_of(task) == Task.FAILED
    assert not OperatorAction.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("verb", "status"), [("requeue", Task.FAILED), ("cancel", Task.QUEUED), ("cancel", Task.PROGRESS)]
)
def test_twenty_operators_at_once_make_one_transition_and_one_record(verb, status):
    task = a_task(status)

    def act(number):
        try:
            return perform(verb, rows_of(task), f"operator {number}").outcomes
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(act, range(20)))
    winners = [each for each in outcomes if each in ({"done": 1}, {"asked": 1})]
    assert len(winners) == 1
    assert OperatorAction.objects.get().outcomes == winners[0]
    assert OperatorActionItem.objects.count() == 1


@pytest.mark.parametrize("status", [Task.FAILED, Task.CANCELLED])
def test_undo_restores_a_requeue(status):
    task = a_task(status, attempt=3)
    before = row(task)
    action = perform("requeue", rows_of(task), "ada", hold=timedelta(seconds=5))
    assert undo(action, "omar") == 1
    after = row(task)
    assert {name: after[name] for name in after if name != "modified"} == (
        {name: before[name] for name in before if name != "modified"}
    )
    action.refresh_from_db()
    assert action.undone
    assert action.undone_by == "omar"


def test_undo_restores_a_cancel():
    task = a_task(Task.QUEUED)
    before = row(task)
    assert undo(perform("cancel", rows_of(task), "ada")) == 1
    assert row(task) | {"modified": None} == before | {"modified": None}


def test_what_was_scheduled_cancelled_requeued_and_taken_back_twice_still_waits_for_its_time():
    task = a_task(run_after=timezone.now() + timedelta(days=1))
    perform("cancel", rows_of(task))
    undo(perform("requeue", rows_of(task), hold=timedelta(seconds=5)))
    rows_of(task).undo_cancel()
    assert (row(task)["run_after"], row(task)["due"]) == (task.run_after, False)


def test_undo_works_once():
    action = perform("requeue", rows_of(a_task(Task.FAILED)), "ada")
    assert [undo(action), undo(action)] == [1, 0]


def test_undo_restores_only_what_no_worker_has_touched():
    waiting, claimed, ran = (a_task(Task.FAILED) for _ in range(3))
    action = perform("requeue", rows_of(waiting, claimed, ran), "ada")
    for task in (claimed, ran):
        task.refresh_from_db()
        assert task.claim(a_worker().pk, 1)
    ran.fail(BROKEN, "failed")
    assert undo(action) == 1
    assert [status_of(task) for task in (waiting, claimed, ran)] == [Task.FAILED, Task.PROGRESS, Task.FAILED]
    assert row(ran)["error"].startswith("ValueError")


def test_undo_leaves_alone_what_another_action_has_moved_since():
    task = a_task(Task.FAILED)
    first = perform("requeue", rows_of(task), "ada")
    perform("cancel", rows_of(task), "omar")
    third = perform("requeue", rows_of(task), "eve")
    assert undo(first) == 0
    assert status_of(task) == Task.QUEUED
    first.refresh_from_db()
    assert first.undone is None
    assert undo(third) == 1
    assert status_of(task) == Task.CANCELLED


def test_a_running_task_that_was_asked_to_end_is_not_taken_back():
    task = a_task(Task.PROGRESS)
    action = perform("cancel", rows_of(task), "ada")
    assert action.outcomes == {"asked": 1}
    assert undo(action) == 0


@pytest.mark.parametrize("verb", ["start_now", "run_again"])
def test_some_verbs_have_no_undo(verb):
    task = a_task(Task.COMPLETED) if verb == "run_again" else a_task(Task.QUEUED)
    rows_of(task).filter(status=Task.QUEUED).update(due=False)
    action = perform(verb, rows_of(task), "ada")
    assert action.done == 1
    assert undo(action) == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_undos_at_once_restore_once():
    action = perform("requeue", rows_of(a_task(Task.FAILED)), "ada")

    def take_back(number):
        try:
            return undo(action, f"operator {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(take_back, range(20))) == [0] * 19 + [1]


def test_something_that_is_done_already_can_be_written_down():
    action = record("enqueue", [a_task()], "ada", "send_invoice", "customer called")
    assert (action.done, action.items.count(), action.reason) == (1, 1, "customer called")
    assert undo(action) == 0


def test_history_survives_the_task():
    task_id = a_task(Task.FAILED).pk
    perform("requeue", Task.objects.filter(pk=task_id), "ada")
    Task.objects.all().delete()
    assert OperatorActionItem.objects.get().task == task_id
