"""One task of an action over many is put back on its own: the action says so, and the others can still be put back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import background, perform, undo
from tests.core.rows import PATH, a_task, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH}


def acted(count, verb="requeue", status=Task.FAILED):
    tasks = [a_task(status) for _ in range(count)]
    return tasks, perform(verb, Task.objects.filter(pk__in=[task.pk for task in tasks]), "ada")


def stored():
    return OperatorAction.objects.get()


def statuses(tasks):
    return [status_of(task) for task in tasks]


@pytest.mark.parametrize(("verb", "before", "after"), [("requeue", 3, 0), ("cancel", 0, 4)])
def test_one_is_put_back_and_the_others_stay_until_the_whole_is(verb, before, after):
    tasks, action = acted(4, verb, before)
    assert undo(action, "omar", tasks[1].pk) == 1
    assert statuses(tasks) == [after, before, after, after]
    assert (stored().undone, stored().undone_by, stored().undo_outcomes) == (None, "omar", {"restored": 1})
    assert (stored().is_undone_in_part, stored().left_to_undo) == (True, 3)
    assert undo(action, "lea") == 3
    assert statuses(tasks) == [before] * 4
    assert (stored().undone_by, stored().undo_outcomes) == ("omar, lea", {"restored": 4})
    assert stored().undone
    assert undo(action, "eva") == 0


def test_the_same_one_is_put_back_once():
    (task, _), action = acted(2)
    assert [undo(action, name, task.pk) for name in ("omar", "lea")] == [1, 0]
    assert (stored().undone_by, action.items.get(task=task.pk).undone_by) == ("omar", "omar")


def test_an_action_is_undone_once_each_of_its_tasks_is():
    tasks, action = acted(2)
    assert [undo(action, "omar", task.pk) for task in tasks] == [1, 1]
    assert stored().undone
    assert (stored().is_undone_in_part, stored().left_to_undo) == (False, 0)


def test_a_stop_that_was_asked_for_does_not_keep_a_cancel_from_being_undone():
    tasks = [a_task(Task.QUEUED), a_task(Task.PROGRESS)]
    action = perform("cancel", Task.objects.filter(pk__in=[task.pk for task in tasks]), "ada")
    assert undo(action, "omar", tasks[0].pk) == 1
    assert stored().undone


def test_a_cancel_that_only_asked_for_stops_is_not_undone_by_anybody():
    a_task(Task.PROGRESS)
    action = perform("cancel", Task.objects.all(), "ada")
    assert action.outcomes == {"asked": 1}
    assert undo(action, "omar") == 0
    assert (stored().undone, stored().undone_by) == (None, "")


def test_one_that_has_started_is_left_alone_and_nothing_is_written():
    (task, _), action = acted(2)
    Task.objects.filter(pk=task.pk).update(status=Task.PROGRESS, epoch=7)
    assert undo(action, "omar", task.pk) == 0
    assert (stored().undone, stored().undone_by, stored().undo_outcomes) == (None, "", None)


def test_a_whole_that_comes_too_late_keeps_what_was_put_back_before():
    tasks, action = acted(3)
    undo(action, "omar", tasks[0].pk)
    Task.objects.filter(status=Task.QUEUED).update(status=Task.PROGRESS, epoch=7)
    assert undo(action, "lea") == 0
    assert (stored().undone, stored().undone_by) == (None, "omar")
    assert stored().undo_outcomes == {"restored": 1, "started": 2}


def test_what_was_put_back_and_queued_again_is_not_put_back_with_the_whole():
    (task, other), action = acted(2)
    undo(action, "omar", task.pk)
    Task.objects.filter(pk=task.pk).requeue()
    assert undo(action, "lea") == 1
    assert (status_of(task), status_of(other)) == (Task.QUEUED, Task.FAILED)


def test_one_of_too_many_for_a_request_is_put_back_in_it_and_the_workers_do_the_rest(monkeypatch):
    monkeypatch.setattr("django_simple_queue.models.audit.undoing.MAX_ROWS", 2)
    tasks, action = acted(4)
    assert undo(action, "omar", tasks[0].pk) == 1
    assert undo(action, "lea") == 0
    assert stored().state == "undoing"
    assert undo(action, "eva", tasks[1].pk) == 0
    while background.drive():
        pass
    assert statuses(tasks) == [Task.FAILED] * 4
    assert (stored().state, stored().undone_by, stored().undo_outcomes) == ("done", "omar, lea", {"restored": 4})


@pytest.mark.django_db(transaction=True)
def test_many_at_once_put_each_back_once():
    tasks, action = acted(6)
    wanted = [*(task.pk for task in tasks[:4]), *(task.pk for task in tasks[:4]), None, None]

    def take_back(task):
        try:
            return undo(action, "omar", task)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(wanted)) as pool:
        assert sum(pool.map(take_back, wanted)) == 6
    assert statuses(tasks) == [Task.FAILED] * 6
    assert (stored().undo_outcomes, bool(stored().undone)) == ({"restored": 6}, True)
