"""Actions over more rows than one request moves: frozen, driven in batches, aborted, undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import background, perform, scope, undo
from django_simple_queue.models.audit.terms import Terms
from tests.core.many import FAILED, drive_to_the_end, frozen
from tests.core.rows import PATH, a_task, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]


def started(count=12, verb="requeue", terms=None, **options):
    tasks = [a_task(Task.FAILED if verb == "requeue" else Task.QUEUED) for _ in range(count)]
    conditions = FAILED if verb == "requeue" else [Q(status=Task.QUEUED)]
    terms = terms or Terms()
    return tasks, background.start(verb, frozen(conditions), terms, "ada", "12 failed", expected=count, **options)


def test_all_rows_are_moved_in_batches_and_written_down():
    tasks, action = started(12, reason="fixed")
    background.go_on(action.pk, "", 5)
    action.refresh_from_db()
    assert (action.state, action.outcomes, action.items.count()) == ("running", {"done": 5}, 5)
    drive_to_the_end()
    action.refresh_from_db()
    assert (action.state, action.outcomes, action.problem) == ("done", {"done": 12}, "")
    assert action.finished
    assert {status_of(task) for task in tasks} == {Task.QUEUED}
    assert action.items.count() == 12


def test_the_oldest_go_first():
    old = a_task(Task.FAILED)
    Task.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=3))
    _, action = started(3)
    background.go_on(action.pk, "", 1)
    assert status_of(old) == Task.QUEUED


def test_what_arrives_after_the_mark_is_left_alone():
    _, action = started(3)
    late = a_task(Task.FAILED)
    Task.objects.filter(pk=late.pk).update(modified=timezone.now() + timedelta(seconds=9))
    assert scope.arrivals(action.scope_filter).get() == late
    drive_to_the_end()
    assert status_of(late) == Task.FAILED


def test_a_stale_cursor_moves_nothing():
    _, action = started(6)
    background.go_on(action.pk, "", 3)
    assert not background.go_on(action.pk, "", 3)
    action.refresh_from_db()
    assert action.outcomes == {"done": 3}


def test_outcomes_add_up_to_what_was_shown(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {
        PATH: {},
        "tests.tasks.two_arguments": {},
        "shop.once": {"rerun": "never"},
        "shop.theirs": {"permission": "shop.touch"},
        "shop.gone": {},
    }
    paths = [PATH, "tests.tasks.two_arguments", "shop.once", "shop.theirs", "shop.gone", "shop.not_listed"]
    for path in paths:
        a_task(Task.FAILED, task=path)
    deleted, taken, finished = (a_task(Task.FAILED) for _ in range(3))
    terms = Terms(shapes={"tests.tasks.two_arguments": [["a", "POSITIONAL_OR_KEYWORD", False]], "shop.gone": "gone"})
    action = background.start("requeue", frozen(mark=timezone.now()), terms, "ada", "9 failed", expected=9)
    deleted.delete()
    perform("requeue", Task.objects.filter(pk=taken.pk), "omar")
    Task.objects.filter(pk=finished.pk).update(modified=timezone.now() + timedelta(minutes=1))
    drive_to_the_end()
    action.refresh_from_db()
    assert action.outcomes == {
        "done": 1,
        "unfit": 1,
        "never": 1,
        "not_permitted": 1,
        "missing": 1,
        "not_allowed": 1,
        "already omar": 1,
        "changed": 2,
    }
    assert sum(action.outcomes.values()) == action.expected
    unfit = Task.objects.get(task="tests.tasks.two_arguments")
    assert action.left_alone["unfit"] == [str(unfit.pk)]


def test_runs_without_an_answer_are_left_alone_unless_they_are_meant_too():
    lost = a_task(Task.FAILED)
    lost.attempts.create(epoch=1, attempt=1, outcome="lost")
    _, action = started(2, terms=Terms(repeat=False))
    drive_to_the_end()
    action.refresh_from_db()
    assert (action.outcomes, status_of(lost)) == ({"done": 2, "unanswered": 1}, Task.FAILED)


def test_an_abort_stops_between_batches():
    tasks, action = started(9)
    background.go_on(action.pk, "", 4)
    assert background.abort(action, "omar")
    assert not background.abort(action, "omar")
    action.refresh_from_db()
    assert not background.go_on(action.pk, action.cursor, 4)
    assert (action.state, action.outcomes, action.problem) == ("aborted", {"done": 4}, "Stopped by omar.")
    assert sum(status_of(task) == Task.QUEUED for task in tasks) == 4


def test_an_action_that_cannot_go_on_is_ended_with_its_problem():
    _, action = started(2)
    OperatorAction.objects.filter(pk=action.pk).update(scope_filter={"where": [["nonsense", 1]], "mark": "x"})
    background.drive()
    action.refresh_from_db()
    assert action.state == "aborted"
    assert action.problem.startswith("KeyError")
    assert not background.drive()


def test_the_same_again_while_it_runs_is_the_same_action():
    mark = timezone.now()
    first, second = (background.start("requeue", frozen(mark=mark), Terms(), "ada", "all") for _ in range(2))
    assert first.pk == second.pk
    assert background.start("requeue", frozen(mark=mark), Terms(), "omar", "all").pk != first.pk


def test_undo_of_many_is_done_by_the_workers_too_and_says_what_is_left(monkeypatch):
    monkeypatch.setattr("django_simple_queue.models.audit.undoing.MAX_ROWS", 5)
    tasks, action = started(12)
    drive_to_the_end()
    Task.objects.filter(pk=tasks[0].pk).update(status=Task.PROGRESS, epoch=7)
    perform("cancel", Task.objects.filter(pk=tasks[1].pk), "omar")
    tasks[2].delete()
    assert undo(action, "ada") == 0
    action.refresh_from_db()
    assert (action.state, action.undone_by) == ("undoing", "ada")
    drive_to_the_end(4)
    action.refresh_from_db()
    assert action.undo_outcomes == {"restored": 9, "started": 1, "since cancel omar": 1, "gone": 1}
    assert (action.state, action.outcomes) == ("done", {"done": 12})
    assert [status_of(task) for task in tasks[3:]] == [Task.FAILED] * 9
    restored = Task.objects.get(pk=tasks[5].pk)
    assert (restored.attempt, restored.run_after) == (1, tasks[5].run_after)


def test_a_running_action_is_not_undone():
    _, action = started(2)
    assert undo(action, "ada") == 0
    action.refresh_from_db()
    assert (action.undone, action.state) == (None, "running")


def test_a_cancel_of_many_and_its_undo():
    tasks, action = started(7, verb="cancel")
    drive_to_the_end(3)
    assert {status_of(task) for task in tasks} == {Task.CANCELLED}
    assert undo(OperatorAction.objects.get(pk=action.pk), "ada") == 7
    assert {status_of(task) for task in tasks} == {Task.QUEUED}


def test_requeued_rows_are_held_as_long_as_the_action_says():
    tasks, _ = started(2, hold=timedelta(minutes=5))
    drive_to_the_end()
    row = Task.objects.get(pk=tasks[0].pk)
    assert not row.due
    assert row.run_after > timezone.now() + timedelta(minutes=4)


def test_a_batch_asks_for_few_statements(django_assert_max_num_queries):
    _, action = started(30)
    with django_assert_max_num_queries(14):
        background.go_on(action.pk, "", 25)
    assert OperatorActionItem.objects.count() == 25
    assert connection.vendor
