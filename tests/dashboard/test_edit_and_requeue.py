"""Edit and requeue: a form filled from a task, whose secrets never leave the server."""

from __future__ import annotations

import json

import pytest

from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from django_simple_queue.utils import create_task
from tests.dashboard.enqueueing import CHARGE, SECRET, SHIP, inputs, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]


def edited(client, task_id, **fields):
    response = client.get(f"/enqueue/?from={task_id}")
    html = text(response)
    assert SECRET not in html
    return post(client, f"from={task_id}", **(inputs(html) | {"a.fragile": "true"} | fields))


def test_edit_and_requeue_keeps_the_secret_on_the_server(clerk):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET, "meta": {"password": SECRET, "x": 1}})
    assert edited(clerk, task_id, **{"a.order": "8"}).status_code == 302
    copy = Task.objects.get(parent=task_id)
    assert copy.arguments == {"to": "Eva", "order": 8, "token": SECRET, "meta": {"password": SECRET, "x": 1}}
    assert Task.objects.get(pk=task_id).arguments["order"] == 7
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor) == ("edit", "clerk")
    made_from = OperatorActionItem.objects.get(task=task_id)
    assert made_from.created_task == copy.pk


def test_activity_names_the_task_that_was_made_once(clerk, ada):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7})
    edited(clerk, task_id)
    link = f'href="/tasks/{Task.objects.get(parent=task_id).pk}/"'
    for page in ("/activity/", f"/activity/{OperatorAction.objects.get().pk}/"):
        assert text(ada.get(page)).count(link) == 1


def test_a_typed_secret_replaces_the_kept_one(clerk):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET})
    edited(clerk, task_id, **{"a.token": "another-secret"})
    assert Task.objects.get(parent=task_id).arguments["token"] == "another-secret"


def test_kept_secrets_pass_through_json_and_cannot_be_moved(clerk):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET, "meta": {"password": SECRET}})
    form = inputs(text(clerk.get(f"/enqueue/?from={task_id}")))
    html = text(post(clerk, f"from={task_id}", **form, do="json"))
    assert SECRET not in html
    args = json.loads(inputs(html)["args"])
    moved = {**args, "note": args["token"]}
    assert "type the whole value" in text(post(clerk, f"from={task_id}", args=json.dumps(moved)))
    post(clerk, f"from={task_id}", args=json.dumps({**args, "order": 9}))
    assert Task.objects.get(parent=task_id).arguments["token"] == SECRET


@pytest.mark.parametrize("task", ["x", "0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10", "\x00"])
def test_an_unknown_task_is_not_edited(clerk, task):
    assert clerk.get("/enqueue/", {"from": task}).status_code == 404


def test_a_task_outside_the_allowlist_is_not_edited(clerk, settings):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7})
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"permission": "auth.delete_user"}}
    assert clerk.get(f"/enqueue/?from={task_id}").status_code == 404
