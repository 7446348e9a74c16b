"""A task that demands a permission of its own is changed by nobody who lacks it, whichever way they try."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import signed_in
from tests.dashboard.queue import a_task, later

pytestmark = pytest.mark.django_db
TASK = "tests.dashboard.shop.charge"
KIND = "abcdef0123456789"
OURS = ("django_simple_queue", "simple_queue_dashboard")
Way = Callable[[Client, Task], object]


def place(name: str, *keys: object) -> str:
    return reverse(f"simple_queue_dashboard:{name}", args=keys)


def one(name: str, **fields: str) -> Way:
    return lambda client, task: client.post(place(name, task.pk), fields)


def ticked(name: str) -> Way:
    def way(client: Client, task: Task) -> None:
        answer_yes(client, place(name), client.post(place(name), {"ids": str(task.pk)}))

    return way


def matching(verb: str) -> Way:
    def way(client: Client, task: Task) -> None:
        url = place("tasks_matching", verb)
        answer_yes(client, url, client.post(url, {"query": f"task={TASK}"}))

    return way


def group(client: Client, task: Task) -> None:
    url = place("failure_requeue", KIND)
    answer_yes(client, url, client.get(url, {"window": "24h"}))


def answer_yes(client: Client, url: str, page: Any) -> None:
    """Send the form of the question, if there is one, with every box ticked."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    if hidden:
        client.post(url, {name: unescape(value) for name, value in hidden} | {"repeat": "yes"})


def undone_action(client: Client, task: Task) -> None:
    client.post(place("action_undo", perform("cancel", Task.objects.filter(pk=task.pk), "omar").pk))


def enqueued(client: Client, task: Task) -> None:
    fields = {"mode": "json", "args": '{"invoice_id": 7}', "token": str(uuid4())}
    client.post(f"{place('enqueue')}?task={TASK}", fields)


def in_admin(action: str) -> Way:
    def way(client: Client, task: Task) -> None:
        client.post(
            reverse("admin:django_simple_queue_task_changelist"),
            {"action": action, "_selected_action": [str(task.pk)], "index": 0, "confirmed": "yes"},
        )

    return way


FAILED, QUEUED, PROGRESS = Task.FAILED, Task.QUEUED, Task.PROGRESS
WAYS: dict[str, tuple[int, Way]] = {
    "requeue": (FAILED, one("task_requeue", repeat="yes")),
    "cancel": (QUEUED, one("task_cancel")),
    "start now": (QUEUED, one("task_start_now")),
    "mark failed": (PROGRESS, one("task_mark_failed")),
    "run again": (Task.COMPLETED, one("task_run_again", repeat="yes")),
    "requeue ticked": (FAILED, ticked("tasks_requeue")),
    "cancel ticked": (QUEUED, ticked("tasks_cancel")),
    "requeue matching": (FAILED, matching("requeue")),
    "cancel matching": (QUEUED, matching("cancel")),
    "requeue a group": (FAILED, group),
    "undo an action": (QUEUED, undone_action),
    "enqueue": (FAILED, enqueued),
    "requeue in the admin": (FAILED, in_admin("enqueue_tasks")),
    "cancel in the admin": (QUEUED, in_admin("cancel_tasks")),
}


def everything() -> list[tuple[Any, ...]]:
    return list(Task.objects.order_by("created").values_list("pk", "status", "epoch", "due", "run_after"))


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("holds", [False, True], ids=["without it", "with it"])
def test_only_who_holds_it_changes_anything(
    client: Client, django_user_model: Any, settings: Any, name: str, holds: bool
) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {"permission": "auth.change_user", "rerun": "safe"}}
    status, way = WAYS[name]
    columns: dict[str, Any] = later(3600) if status == QUEUED else {"fingerprint": KIND}
    task = a_task(status, task=TASK, args='{"invoice_id": 7}', **columns)
    eva = django_user_model.objects.create_user("eva", is_staff=True)
    eva.user_permissions.set(Permission.objects.filter(content_type__app_label__in=OURS))
    if holds:
        eva.user_permissions.add(Permission.objects.get(codename="change_user"))
    signed_in(client, eva)
    before = everything()
    way(client, task)
    changed = everything() != before
    assert changed is (holds is not (name == "undo an action"))
