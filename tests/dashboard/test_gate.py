"""The gate on every route: a change needs its token, reading changes nothing, an ended session comes back, headers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from dashboard.access import HEADERS
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker
from tests.dashboard.routes import ROUTES, WAYS, Scene

pytestmark = pytest.mark.django_db
CHARGE = "tests.dashboard.shop.charge"
GUARDED = sorted(name for name, route in ROUTES.items() if route.permission is not None)
CHANGES = sorted(name for name, route in ROUTES.items() if "POST" in route.methods and route.permission is not None)
READS = sorted(name for name, route in ROUTES.items() if "GET" in route.methods and route.permission is not None)
OUTSIDE = (
    "//evil.example/",
    "https://evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "javascript:alert(1)",
    "http:evil.example",
    "https:/evil.example",
    "/\t/evil.example/",
    "/%0d%0aSet-Cookie:x=1\r\nSet-Cookie: x=1",
    "data:text/html,x",
)


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}
    a_task(Task.PROGRESS, worker=a_worker().pk, task=CHARGE)
    task = a_task(Task.FAILED, task=CHARGE, args=json.dumps({"invoice_id": 1}), fingerprint="f00d")
    other = a_task(Task.FAILED, task=CHARGE)
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar"))


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the queue's and the console's tables."""
    labels = ("django_simple_queue", "simple_queue_dashboard")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model.__name__: sorted(model.objects.values_list(), key=str) for model in models}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("way", WAYS)
def test_a_change_without_its_token_is_refused(scene: Scene, name: str, way: str) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), operator("chief", superuser=True))
    before = everything()
    response = client.post(
        scene.address(name), {"ids": str(scene.task.pk), "csrfmiddlewaretoken": "x"}, headers=WAYS[way]
    )
    assert response.status_code == 403
    assert everything() == before


def test_with_the_token_of_the_page_it_is_done(scene: Scene) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), operator("chief", superuser=True))
    client.get(f"/tasks/{scene.task.pk}/")
    token = client.cookies["csrftoken"].value
    client.post(f"/tasks/{scene.task.pk}/requeue/", {"csrfmiddlewaretoken": token})
    assert Task.objects.get(pk=scene.task.pk).status == Task.QUEUED


@pytest.mark.parametrize("name", GUARDED)
def test_reading_an_address_changes_nothing(chief: Client, scene: Scene, name: str) -> None:
    before = everything()
    for headers in WAYS.values():
        for method in (chief.get, chief.head):
            for query in ("", "?live=1", "?repeat=yes&shown=1&ids=" + str(scene.task.pk), "?format=csv&payload=yes"):
                assert method(scene.address(name) + query, headers=headers).status_code < 500
    assert everything() == before


@pytest.mark.parametrize("name", READS)
def test_who_was_signed_out_comes_back_to_the_same_page(client: Client, scene: Scene, name: str) -> None:
    address = f"{scene.address(name)}?queue=mail"
    page = client.get(address)
    assert page.status_code == 302
    assert parse_qs(urlsplit(page["Location"]).query)["next"] == [address]
    part = client.get(
        f"{address}&live=1", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    )
    assert part.content == b""
    assert parse_qs(urlsplit(part["HX-Redirect"]).query)["next"] == [address]


@pytest.mark.parametrize("target", OUTSIDE, ids=ascii)
def test_nobody_is_led_to_another_site(chief: Client, scene: Scene, target: str) -> None:
    operator("ada", superuser=True)
    signing_in = {"username": "ada", "password": "ada", "next": target}
    answers = [
        Client().post("/login/", signing_in),
        Client().post(f"/login/?next={quote(target)}", signing_in),
        chief.post("/theme/", {"next": target}),
        chief.post("/preferences/", {"next": target, "keys": "on"}),
        chief.post(f"/tasks/{scene.task.pk}/requeue/", {"next": target}),
        chief.post(f"/tasks/{scene.task.pk}/requeue/?next={quote(target)}", headers={"Referer": target.strip()[:20]}),
        chief.post("/workers/queues/pause/", {"queue": "default", "reason": "x", "next": target}),
        chief.get(f"/login/?next={quote(target)}"),
    ]
    for answer in answers:
        assert answer.status_code in (200, 302), answer
        location = urlsplit(answer.headers.get("Location", "/"))
        assert (location.scheme, location.netloc) in (("", ""), ("http", "testserver"))
        assert location.path.startswith("/") and not location.path.startswith(("//", "/\\"))
        assert "Set-Cookie: x" not in str(answer.headers)


def assert_secured(response: HttpResponse) -> None:
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert {"Cookie", "HX-Request"} <= {each.strip() for each in response.headers.get("Vary", "").split(",")}


@pytest.mark.parametrize("name", sorted(ROUTES))
@pytest.mark.ability(15)
def test_every_kind_of_answer_has_the_headers(client: Client, scene: Scene, name: str) -> None:
    address = scene.address(name)
    for person in (None, operator("staff"), operator("chief", superuser=True)):
        if person:
            client.force_login(person)
        for headers in WAYS.values():
            for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
                response = client.generic(method, address, headers=headers)
                if not response.streaming:
                    assert_secured(response)


def test_an_unchanged_page_a_missing_one_and_a_broken_database_have_them_too(
    chief: Client, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = chief.get("/?live=1", headers=WAYS["htmx"])
    unchanged = chief.get("/?live=1", headers={**WAYS["htmx"], "HX-PTag": response["HX-PTag"]})
    assert unchanged.status_code == 304
    missing = chief.get("/tasks/00000000-0000-0000-0000-000000000000/")
    monkeypatch.setattr("dashboard.selectors.snapshot.current", broken)
    down = chief.get("/")
    assert (missing.status_code, down.status_code) == (404, 503)
    for response in (unchanged, missing, down):
        assert_secured(response)


def broken() -> None:
    raise DatabaseError("connection refused: password=hunter2")


def test_a_permission_that_is_taken_away_counts_at_once(client: Client, scene: Scene) -> None:
    user = operator("ada", "view_task", "requeue_task")
    signed_in(client, user)
    tag = client.get("/", headers=WAYS["htmx"])["HX-PTag"]
    user.user_permissions.remove(Permission.objects.get(codename="requeue_task"))
    assert client.get("/", headers={**WAYS["htmx"], "HX-PTag": tag}).status_code == 200
    assert client.post(f"/tasks/{scene.task.pk}/requeue/").status_code == 403
    user.is_active = False
    user.save()
    assert (
        client.get("/", headers={**WAYS["htmx"], "HX-PTag": tag}).headers.get("HX-Redirect", "").startswith("/login/")
    )
