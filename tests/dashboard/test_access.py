"""The gate: every view of the console passes it, and says what is missing."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.urls import get_resolver, reverse

from dashboard import urls
from dashboard.access import HEADERS
from dashboard.selectors import snapshot
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, a_task, status_of
from tests.dashboard.routes import HTMX

pytestmark = pytest.mark.django_db
OPEN = {"login", "logout"}
NAMES = sorted({pattern.name for pattern in urls.urlpatterns})


def address(name, task=None):
    route = str(next(pattern for pattern in urls.urlpatterns if pattern.name == name).pattern)
    texts = {
        "<str:name>": "output",
        "<str:fingerprint>": "f00d",
        "<anytext:path>": "shop.tasks.send",
        "<anytext:name>": "mail",
        "<str:verb>": "requeue",
    }
    values = {"<uuid:pk>": task.pk if task else uuid4(), "<int:pk>": 1, **texts}
    return reverse(f"simple_queue_dashboard:{name}", args=[value for key, value in values.items() if key in route])


@pytest.mark.parametrize("name", NAMES)
def test_every_view_passes_the_gate(name):
    views = [pattern.callback for pattern in urls.urlpatterns if pattern.name == name]
    assert all(getattr(view, "passes_gate", False) for view in views)


def test_the_project_serves_no_other_view_under_the_console():
    console = [pattern for pattern in get_resolver().url_patterns if getattr(pattern, "app_name", "") == urls.app_name]
    assert [pattern.urlconf_module for pattern in console] == [urls]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OPEN])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(client, name, method):
    response = getattr(client, method)(address(name))
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_carries_the_headers(client, name):
    response = client.get(address(name))
    assert {header: response[header] for header in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("user", "missing"),
    [
        ({"staff": False, "superuser": True}, b"staff status"),
        ({}, b"django_simple_queue.view_task"),
    ],
)
def test_who_may_not_look_is_told_what_is_missing(client, user, missing):
    signed_in(client, operator("eva", **user))
    for headers in ({}, HTMX):
        response = client.get("/", headers=headers)
        assert response.status_code == 403
        assert missing in response.content


@pytest.mark.parametrize(
    ("name", "permission", "status"),
    [
        ("task_requeue", "requeue_task", Task.FAILED),
        ("task_start_now", "requeue_task", Task.QUEUED),
        ("task_undo", "requeue_task", Task.FAILED),
        ("task_cancel", "cancel_task", Task.QUEUED),
        ("task_mark_failed", "cancel_task", Task.PROGRESS),
    ],
)
def test_each_verb_needs_its_own_permission(client, name, permission, status):
    task = a_task(status)
    others = {"requeue_task", "cancel_task", "change_task", "add_task", "export_task"} - {permission}
    response = signed_in(client, operator("eva", "view_task", *others)).post(address(name, task))
    assert response.status_code == 403
    assert permission.encode() in response.content
    assert status_of(task) == status


@pytest.mark.parametrize("name", ["tasks_requeue", "tasks_cancel"])
def test_a_verb_over_many_needs_the_permission_too(client, name):
    task = a_task(Task.FAILED)
    response = signed_in(client, operator("eva", "view_task")).post(address(name), {"ids": str(task.pk)})
    assert response.status_code == 403
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize("way", ["task_undo", "action_undo"])
@pytest.mark.parametrize(
    ("verb", "permission", "before"),
    [("cancel", "cancel_task", Task.QUEUED), ("requeue", "requeue_task", Task.FAILED)],
)
def test_undoing_an_action_needs_the_permission_of_its_verb_and_no_other(client, way, verb, permission, before):
    task = a_task(before)
    action = perform(verb, Task.objects.filter(pk=task.pk))
    after = status_of(task)
    place = reverse(f"simple_queue_dashboard:{way}", args=[task.pk if way == "task_undo" else action.pk])
    others = {"cancel_task", "requeue_task"} - {permission}
    response = signed_in(client, operator("eva", "view_task", *others)).post(place, {"of": action.pk})
    assert (response.status_code, permission.encode() in response.content) == (403, True)
    assert status_of(task) == after
    assert (
        signed_in(client, operator("omar", "view_task", permission)).post(place, {"of": action.pk}).status_code == 302
    )
    assert status_of(task) == before


@pytest.mark.parametrize("held", [(), ("change_user",)])
def test_undoing_an_action_needs_what_its_tasks_demand(client, settings, held):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"permission": "auth.change_user"}}
    task = a_task(Task.QUEUED, task=CHARGE)
    action = perform("cancel", Task.objects.filter(pk=task.pk))
    signed_in(client, operator("eva", "view_task", "cancel_task", "requeue_task", *held))
    for name, key in (("task_undo", task.pk), ("action_undo", action.pk)):
        response = client.post(reverse(f"simple_queue_dashboard:{name}", args=[key]), {"of": action.pk})
        assert (b"auth.change_user" in response.content) is not bool(held)
    assert status_of(task) == (Task.QUEUED if held else Task.CANCELLED)


def test_a_forbidden_click_tells_it_in_place(client):
    task = a_task(Task.FAILED)
    response = signed_in(client, operator("eva", "view_task")).post(address("task_requeue", task), headers=HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (403, "#outcome")
    assert b"requeue_task" in response.content
    assert b"<html" not in response.content


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("task_", "tasks_", "action_", "theme"))])
def test_a_change_is_never_made_by_get(client, name):
    task = a_task(Task.FAILED)
    response = signed_in(client, operator("ada", superuser=True)).get(address(name, task))
    assert response.status_code in (200, 302)
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize(
    ("name", "page"),
    [("task_requeue", "/tasks/{pk}/"), ("tasks_cancel", "/"), ("theme", "/"), ("logout", "/"), ("action_undo", "/")],
)
def test_the_address_of_a_change_leads_readers_to_its_page(client, name, page):
    task = a_task(Task.FAILED)
    signed_in(client, operator("ada", superuser=True))
    assert client.get(address(name, task))["Location"] == page.format(pk=task.pk)
    assert client.get("/").status_code == 200


def test_a_page_refuses_other_methods(client):
    assert signed_in(client, operator("ada", superuser=True)).put("/").status_code == 405


def test_a_change_needs_the_csrf_token():
    from django.test import Client

    task = a_task(Task.FAILED)
    client = signed_in(Client(enforce_csrf_checks=True), operator("ada", superuser=True))
    response = client.post(address("task_requeue", task))
    assert response.status_code == 403
    assert b"This form is too old" in response.content
    assert {header: response[header] for header in HEADERS} == HEADERS
    assert b"Open the page again" in client.post(address("task_requeue", task), headers=HTMX).content
    assert status_of(task) == Task.FAILED


def test_a_lost_database_is_told_and_the_page_tries_again(client, monkeypatch):
    def lost():
        raise DatabaseError("server closed the connection unexpectedly")

    signed_in(client, operator("ada", superuser=True))
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "current", lost)
        response = client.get("/?status=failed")
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert b'http-equiv="refresh"' in response.content
        assert b"does not answer" in response.content
        assert b"server closed" not in response.content
        assert {header: response[header] for header in HEADERS} == HEADERS
    assert client.get("/?status=failed").status_code == 200


def test_an_unknown_task_is_a_page_of_the_house(client):
    response = signed_in(client, operator("ada", superuser=True)).post(address("task_requeue"))
    assert response.status_code == 404
    assert b"No task has the id" in response.content


def test_an_unknown_action_is_told_in_words(client):
    response = signed_in(client, operator("ada", superuser=True)).post("/activity/999999/undo/")
    assert response.status_code == 404
    assert b"No action has the number 999999" in response.content


@pytest.mark.parametrize("path", ["/nowhere/", "/tasks/abc/"])
def test_an_unknown_address_is_a_page_of_the_house(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert b"This page does not exist." in response.content
    assert {header: response[header] for header in HEADERS} == HEADERS


def test_the_theme_is_kept_in_a_cookie_and_set_by_the_server(client):
    signed_in(client, operator("ada", "view_task"))
    response = client.post("/theme/", {"next": "/?status=failed"})
    assert response["Location"] == "/?status=failed"
    assert b'data-theme="light"' in client.get("/").content
    client.post("/theme/")
    assert b'data-theme="dark"' in client.get("/").content


def test_going_back_never_leads_to_another_site(client):
    signed_in(client, operator("ada", "view_task"))
    assert client.post("/theme/", {"next": "https://evil.example/"})["Location"] == "/"


def test_the_navigation_lists_what_this_operator_may_open(client):
    assert navigation(signed_in(client, operator("eva", "view_task"))) == ["Tasks", "Failures", "Workers", "Admin"]
    client.logout()
    chief = signed_in(client, operator("ada", superuser=True))
    assert navigation(chief) == ["Tasks", "Failures", "Enqueue", "Workers", "Activity", "Admin"]


def navigation(client):
    nav = re.search(r'<nav class="nav".*?</nav>', client.get("/").content.decode(), re.DOTALL)[0]
    return [re.sub(r"<[^>]+>|\s+", "", link) for link in re.findall(r"<a\b.*?</a>", nav, re.DOTALL)]
