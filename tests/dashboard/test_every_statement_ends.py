"""Each page reads the table of tasks under a deadline, statement by statement, and so does an export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from dashboard import deadline
from dashboard.selectors import snapshot
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker
from tests.dashboard.routes import ROUTES, Scene

pytestmark = pytest.mark.django_db
CHARGE = "tests.dashboard.shop.charge"
CALL = {"token": str(UUID(int=7)), "a.invoice_id": "1"}
GROUP = "/failures/f00d/"
READS = sorted(name for name, route in ROUTES.items() if "GET" in route.methods and route.permission is not None)
QUERIES = {"enqueue": f"task={CHARGE}", "suggestions": "q=args:", "tasks": "q=charge"}
WRITES = {
    "requeue of all": ("/tasks/matching/requeue/", {"query": "status=failed"}),
    "requeue of a group": (f"{GROUP}requeue/", {}),
    "resolve": (f"{GROUP}resolve/", {}),
    "preview of a call": (f"/enqueue/?task={CHARGE}", {"do": "preview", **CALL}),
    "preview of an edited task": ("/enqueue/?from={pk}", {"do": "preview", **CALL}),
    "a call that is refused": (f"/enqueue/?task={CHARGE}", {**CALL, "priority": "x"}),
}


@pytest.fixture
def scene(client: Any, settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}
    signed_in(client, operator("ada", superuser=True))
    a_task(Task.PROGRESS, worker=a_worker().pk, task=CHARGE)
    task, other = (a_task(Task.FAILED, task=CHARGE, args=json.dumps({"invoice_id": n})) for n in (1, 2))
    Task.objects.filter(pk=task.pk).update(fingerprint="f00d")
    a_worker(pk=task.pk)
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar"))


@contextmanager
def unlimited() -> Iterator[list[str]]:
    """The statements that read the table of tasks and may take for ever."""
    found: list[str] = []

    def look(execute: Callable[..., Any], sql: str, *call: Any) -> Any:
        table = connection.ops.quote_name(Task._meta.db_table)
        if sql.lstrip().upper().startswith(("SELECT", "WITH")) and table in sql and deadline._limit.get() is None:
            found.append(sql)
        return execute(sql, *call)

    snapshot.memory.forget()
    with connection.execute_wrapper(look):
        yield found


@pytest.mark.parametrize("live", ["", "live=1"])
@pytest.mark.parametrize("name", READS)
def test_each_page_reads_tasks_under_a_deadline(client, scene, name, live):
    address = f"{scene.address(name)}?{QUERIES.get(name, '')}&{live}"
    with unlimited() as found:
        response = client.get(address)
        b"".join(response) if response.streaming else response.content
    assert response.status_code in (200, 302)
    assert found == []


@pytest.mark.parametrize("name", WRITES)
def test_so_does_what_is_asked_before_many_are_changed(client, scene, name):
    address, form = WRITES[name]
    with unlimited() as found:
        assert client.post(address.format(pk=scene.task.pk), form).status_code in (200, 302, 422)
    assert found == []


def test_so_does_each_part_of_an_export(client, scene):
    with unlimited() as found:
        assert b"".join(client.post("/export/", {"format": "csv"})).count(CHARGE.encode()) == 3
    assert found == []


def test_a_statement_without_a_deadline_would_be_found(scene):
    with unlimited() as found:
        Task.objects.count()
        with deadline.deadline():
            Task.objects.count()
    assert len(found) == 1
