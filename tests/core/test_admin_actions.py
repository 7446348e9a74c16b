"""What the admin does to tasks: it requeues, cancels and deletes, each only what may be and for whom it may."""

from __future__ import annotations

import pytest

from django_simple_queue.admin import TaskAdmin
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import MAX_ROWS, perform
from tests.core.admin import ALL, LIST, page, said
from tests.core.rows import BROKEN, LABELS, PATH, a_task, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]


def act(client, action, *tasks, across=False, follow=True, **more):
    selected = [str(task.pk) for task in tasks]
    data = {"action": action, "_selected_action": selected, "select_across": int(across), "index": 0, **more}
    return client.post(LIST, data, follow=follow)


def test_requeue_is_the_action_of_the_older_package(sign_in):
    failed, running = a_task(Task.FAILED), a_task(Task.PROGRESS)
    client = sign_in("view_task", "requeue_task")
    response = act(client, "enqueue_tasks", failed, running)
    assert said(response) == ["1 task was requeued.", "Left alone: 1 running."]
    assert (status_of(failed), status_of(running)) == (Task.QUEUED, Task.PROGRESS)
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor, action.outcomes) == (
        "requeue",
        response.wsgi_request.user.username,
        {"done": 1, "progress": 1},
    )
    assert Task.objects.get(pk=failed.pk).due


def test_cancel_ends_what_waits_and_asks_what_runs(sign_in):
    tasks = [a_task(status) for status in LABELS]
    response = act(sign_in("view_task", "cancel_task"), "cancel_tasks", *tasks)
    *done, rest = said(response)
    assert done == ["1 task was cancelled.", "1 running task was asked to end."]
    assert sorted(rest.removeprefix("Left alone: ").rstrip(".").split(", ")) == [
        "1 cancelled already",
        "1 completed",
        "1 failed",
    ]


def test_what_is_not_allowed_any_more_is_left_alone_and_said(sign_in):
    retired = a_task(Task.FAILED, task="shop.tasks.retired")
    response = act(sign_in("view_task", "requeue_task"), "enqueue_tasks", retired)
    assert said(response) == ["Left alone: 1 not in the allowlist any more, or already asked to end."]


@pytest.mark.parametrize("action", ["enqueue_tasks", "cancel_tasks", "delete_selected"])
def test_each_action_needs_its_own_permission(sign_in, action):
    needed = {"enqueue_tasks": "requeue_task", "cancel_tasks": "cancel_task", "delete_selected": "delete_task"}[action]
    task = a_task(Task.QUEUED if action == "cancel_tasks" else Task.FAILED)
    others = set(ALL) - {needed}
    client = sign_in(*others)
    assert f'value="{action}"' not in page(client.get(LIST))
    response = act(client, action, task, post="yes")
    assert said(response) == ["No action selected."]
    assert Task.objects.get().modified == task.modified
    assert f'value="{action}"' in page(sign_in("view_task", needed).get(LIST))


def test_more_than_a_verb_takes_is_refused_whole(sign_in):
    Task.objects.bulk_create(Task(task=PATH, status=Task.FAILED) for _ in range(MAX_ROWS + 1))
    client = sign_in(*ALL)
    first = Task.objects.first()
    refused = ["Nothing was done: more than 500 tasks are selected. Narrow the filter, or use the console."]
    for action in ("enqueue_tasks", "cancel_tasks", "delete_selected"):
        assert said(act(client, action, first, across=True)) == refused
    assert Task.objects.filter(status=Task.FAILED).count() == MAX_ROWS + 1
    Task.objects.filter(pk=first.pk).delete()
    assert said(act(client, "enqueue_tasks", Task.objects.first(), across=True)) == ["500 tasks were requeued."]


def test_only_what_has_ended_is_deleted(sign_in):
    tasks = [a_task(status) for status in LABELS]
    client = sign_in(*ALL)
    confirmation = page(act(client, "delete_selected", *tasks))
    assert [status for status in LABELS if str(tasks[status].pk) in confirmation] == [2, 3, 4]
    perform("requeue", Task.objects.filter(pk=tasks[4].pk), "ada")
    act(client, "delete_selected", *tasks, post="yes")
    assert sorted(Task.objects.values_list("status", flat=True)) == [0, 0, 1]
    assert said(act(client, "delete_selected", tasks[0])) == [
        "Nothing was deleted: none of the selected tasks has ended."
    ]


@pytest.mark.parametrize("status", LABELS)
def test_one_task_can_be_deleted_with_its_attempts_once_it_has_ended(sign_in, status):
    task = a_task(status)
    Attempt.record(task, Attempt.Outcome.FAILED, BROKEN)
    client = sign_in(*ALL)
    response = client.post(f"{LIST}{task.pk}/delete/", {"post": "yes"})
    ended = status in (Task.COMPLETED, Task.FAILED, Task.CANCELLED)
    assert response.status_code == (302 if ended else 403)
    assert Task.objects.exists() == Attempt.objects.exists() == (not ended)


def test_a_task_that_was_requeued_meanwhile_survives_its_deletion(sign_in, monkeypatch):
    task = a_task(Task.FAILED)
    client = sign_in(*ALL)

    def requeue_first(self, request, obj):
        perform("requeue", Task.objects.filter(pk=task.pk), "omar")
        TaskAdmin.delete_queryset(self, request, Task.objects.filter(pk=obj.pk))

    monkeypatch.setattr(TaskAdmin, "delete_model", requeue_first)
    client.post(f"{LIST}{task.pk}/delete/", {"post": "yes"})
    assert status_of(task) == Task.QUEUED


@pytest.mark.parametrize(
    ("options", "action", "status"),
    [
        ({"permission": "auth.change_user"}, "enqueue_tasks", Task.FAILED),
        ({"permission": "auth.change_user"}, "cancel_tasks", Task.QUEUED),
        ({"rerun": "never"}, "enqueue_tasks", Task.FAILED),
    ],
)
@pytest.mark.parametrize("claims", [1, 0])
def test_an_action_leaves_alone_what_the_tasks_options_keep(sign_in, settings, options, action, status, claims):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: options, "shop.tasks.refund": {}}
    kept, free = a_task(status, epoch=claims), a_task(status, epoch=claims, task="shop.tasks.refund")
    response = act(sign_in(*ALL), action, kept, free)
    assert status_of(kept) == status != status_of(free)
    assert "1 task was left alone" in said(response)[0]
    allowed_too = act(sign_in(*ALL, "change_user"), action, kept)
    assert ("left alone" in said(allowed_too)[0]) == ("rerun" in options)


def test_what_is_not_this_users_to_change_is_not_deleted(sign_in, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"permission": "auth.change_user"}, "shop.tasks.refund": {}}
    kept, alone, free = a_task(Task.FAILED), a_task(Task.FAILED), a_task(Task.FAILED, task="shop.tasks.refund")
    client = sign_in(*ALL)
    assert "1 task was left alone" in said(act(client, "delete_selected", kept))[0]
    act(client, "delete_selected", kept, free, post="yes")
    assert client.post(f"{LIST}{alone.pk}/delete/", {"post": "yes"}).status_code == 403
    assert set(Task.objects.values_list("pk", flat=True)) == {kept.pk, alone.pk}
    act(sign_in(*ALL, "change_user"), "delete_selected", kept, alone, post="yes")
    assert not Task.objects.exists()
