"""Every route x every method x everybody x plain and htmx: who gets in; a refusal says nothing of the tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from dashboard import urls
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator
from tests.dashboard.queue import a_task, a_worker
from tests.dashboard.routes import CODENAMES, METHODS, READ, ROUTES, WAYS, Route, Scene

pytestmark = pytest.mark.django_db
SECRET = "planted-7c1f"
CHARGE = "tests.dashboard.shop.charge"


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}
    texts = {name: f"{name} {SECRET}" for name in ("output", "error", "log")}
    args = json.dumps({"invoice_id": 1, "card": {"holder": SECRET}})
    a_task(Task.PROGRESS, worker=a_worker().pk, task=CHARGE, args=args, log=SECRET)
    task = a_task(Task.FAILED, task=CHARGE, args=args, **texts)
    action = perform("requeue", Task.objects.filter(pk=task.pk), "omar", SECRET)
    return Scene(task, action)


def people() -> Iterator[tuple[str, User | None, frozenset[str] | None]]:
    """Name, user, and what the user may: None for nobody, who is led to the login page."""
    yield "anonymous", None, None
    inactive = operator("inactive", superuser=True)
    inactive.is_active = False
    inactive.save()
    yield "inactive", inactive, None
    yield "no staff", operator("visitor", "view_task", *CODENAMES, staff=False), frozenset()
    yield "staff", operator("staff"), frozenset()
    yield "all but view_task", operator("blind", *CODENAMES), frozenset()
    yield "view_task", operator("viewer", "view_task"), frozenset({""})
    for codename in CODENAMES:
        yield codename, operator(codename, "view_task", codename), frozenset({"", codename})
    yield "superuser", operator("chief", superuser=True), frozenset({"", *CODENAMES})


def signed_in(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def ask(client: Client, method: str, address: str, headers: dict[str, str]) -> HttpResponse:
    """The answer; whatever it changed is taken back, the session of a sign-out too."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = client.generic(method, address, headers=headers)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


def is_login(response: HttpResponse) -> bool:
    return "/login/" in (response.headers.get("HX-Redirect") or response.headers.get("Location") or "")


def expected(route: Route, method: str, may: frozenset[str] | None) -> str:
    if route.permission is None:
        return "in" if method in route.methods else "not this way"
    if may is None:
        return "login"
    if method not in route.methods:
        return "not this way"
    return "in" if route.permission in may else "refused"


def found(response: HttpResponse, route: Route, method: str) -> str:
    if response.status_code == 403:
        return "refused"
    if route.permission is not None and is_login(response):
        return "login"
    led_away = method in READ and method not in route.methods and response.status_code == 302
    return "not this way" if response.status_code == 405 or led_away else "in"


def leaks(response: HttpResponse) -> bool:
    return SECRET.encode() in b"".join(response) if response.streaming else SECRET.encode() in response.content


@pytest.mark.parametrize("name", sorted({pattern.name for pattern in urls.urlpatterns}))
def test_who_gets_in(name: str, scene: Scene) -> None:
    assert name in ROUTES, f"The route {name!r} needs an entry in ROUTES: which permission opens it, by which methods?"
    route, address = ROUTES[name], scene.address(name)
    surprises = []
    for who, user, may in people():
        client, methods = signed_in(user), METHODS if who in ("anonymous", "superuser") else ("GET", "POST")
        for way, headers in WAYS.items():
            for method in methods:
                response = ask(client, method, address, headers)
                outcome = found(response, route, method)
                if outcome != expected(route, method, may):
                    surprises.append(f"{who} {way} {method}: {outcome} ({response.status_code})")
                if outcome != "in" and leaks(response):
                    surprises.append(f"{who} {way} {method}: tells what is in the tasks")
                if response.status_code >= 500:
                    surprises.append(f"{who} {way} {method}: {response.status_code}")
    assert surprises == []


def test_no_entry_is_left_of_a_route_that_is_gone() -> None:
    assert ROUTES.keys() == {pattern.name for pattern in urls.urlpatterns}


def test_every_permission_of_the_matrix_exists() -> None:
    assert set(CODENAMES) <= set(Permission.objects.values_list("codename", flat=True))
