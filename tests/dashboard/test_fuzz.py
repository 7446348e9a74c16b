"""Whatever is sent to any route: an answer in the house's words, never a 500, and no row that should not be there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_simple_queue.models import Task, Worker
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker
from tests.dashboard.routes import ROUTES, WAYS, Scene

pytestmark = pytest.mark.django_db
CHARGE = "tests.dashboard.shop.charge"
NAMES = (
    "status task queue worker fingerprint error args attempt duration has time since until q older newer rows top live "
    "more window state mark page ids query shown repeat reason verb format payload next mode csrfmiddlewaretoken from "
    "arg-invoice_id key run_after priority max_attempts timeout every theme zone keys until_1 minutes confirm"
).split()
NASTY = (
    "",
    " ",
    "0",
    "-1",
    "1" * 30,
    "9" * 4000,
    "1e999",
    "NaN",
    "\x00",
    "\ud800",
    "\u202e\x1b[31m",
    "%",
    "%00",
    "'\"<>&;--",
    "../../etc/passwd",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-02-30",
    "2026-11-26T09:30",
    "00000000-0000-0000-0000-000000000000",
    "[]",
    '{"a": [{"b": null}]}',
    "[" * 5000,
    "x" * 10_000,
    "status:failed task:",
    'args:"',
    "error:a error:b status:x :: : -",
    "queued",
    "failed",
    "yes",
    "on",
    "24h",
    "5..1",
    ">=",
    "١٢",
)
values = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.integers().map(str), st.uuids().map(str))
fields = st.dictionaries(st.sampled_from(NAMES), st.lists(values, min_size=1, max_size=3), max_size=5)
few = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}
    a_task(Task.PROGRESS, worker=a_worker().pk, task=CHARGE)
    task = a_task(Task.FAILED, task=CHARGE, fingerprint="f00d", error="declined")
    other = a_task(Task.FAILED, task=CHARGE, error="declined")
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar"))


@pytest.fixture
def chief(client: Client) -> Client:
    client.raise_request_exception = False
    return signed_in(client, operator("chief", superuser=True))


def encoded(sent: dict[str, list[str]]) -> str:
    return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, all in sent.items() for value in all])


def assert_answered(response: Any, sent: object) -> None:
    body = b"".join(response) if response.streaming else response.content
    assert response.status_code < 500, (response.status_code, sent, body[-300:])
    assert b"Traceback" not in body, sent


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if name != "logout"))
def test_no_question_breaks_a_route(chief: Client, scene: Scene, name: str) -> None:
    address = scene.address(name)

    @few
    @given(fields, st.sampled_from(sorted(WAYS)))
    def ask(sent: dict[str, list[str]], way: str) -> None:
        assert_answered(chief.get(f"{address}?{encoded(sent)}", headers=WAYS[way]), sent)

    ask()


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if "POST" in route.methods))
def test_no_form_breaks_a_route(chief: Client, scene: Scene, name: str) -> None:
    address = scene.address(name)

    @few
    @given(fields, st.sampled_from(sorted(WAYS)))
    def send(sent: dict[str, list[str]], way: str) -> None:
        form = "application/x-www-form-urlencoded"
        assert_answered(chief.post(address, encoded(sent), content_type=form, headers=WAYS[way]), sent)

    send()
    assert Worker.objects.count() == 1
    assert set(Task.objects.values_list("task", flat=True)) == {CHARGE}


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"{", b"--x\r\nContent-Disposition: form-data\r\n\r\n"])
def test_no_body_breaks_a_change(chief: Client, scene: Scene, content_type: str, body: bytes) -> None:
    for name in ("tasks_requeue", "enqueue", "queue_pause", "export", "preferences", "task_requeue"):
        assert_answered(chief.generic("POST", scene.address(name), body, content_type), body)


@pytest.mark.parametrize(
    "address",
    [
        "tasks/{}/",
        "tasks/{}/text/x/",
        "tasks/named/{}/",
        "queues/named/{}/",
        "activity/{}/",
        "failures/{}/",
        "failures/{}/requeue/",
        "workers/{}/pause/",
    ],
)
@pytest.mark.parametrize(
    "key", ["x", "-1", "9" * 40, "%00", "%ff", "..%2f..", "00000000-0000-4000-8000-000000000000", "%F0%9F%92%A9", "'--"]
)
def test_no_address_breaks_the_console(chief: Client, scene: Scene, address: str, key: str) -> None:
    for method in (chief.get, chief.post):
        assert_answered(method("/" + address.format(key)), key)
