"""A router that reads elsewhere, such as on a replica that lags: the queue and its console read where they write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from django_simple_queue import monitor
from django_simple_queue.engine import janitor, store
from django_simple_queue.management.workers import workers_of
from django_simple_queue.models import Attempt, OperatorAction, Task, Worker
from django_simple_queue.models.audit import perform
from django_simple_queue.models.audit.undoing import undo
from django_simple_queue.utils import create_task
from django_simple_queue.worker import execute_task
from tests.dashboard.people import operator
from tests.engine.storing import claim, completed, let_lease_end

OURS = {"django_simple_queue", "simple_queue_dashboard"}
pytestmark = pytest.mark.django_db


class Elsewhere:
    """In that database there is no table at all: whatever is read there is an error."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "replica" if model._meta.app_label in OURS else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "default" if model._meta.app_label in OURS else None

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True


@pytest.fixture(autouse=True)
def reads_elsewhere(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    empty = connections.settings["default"] | {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    monkeypatch.setitem(connections.settings, "replica", empty)
    settings.DATABASE_ROUTERS = [f"{__name__}.Elsewhere"]
    with pytest.raises(AssertionError, match="replica"):
        Task.objects.using("replica").exists()
    yield
    connections["replica"].close()
    del connections["replica"]


def test_a_task_is_executed_here_fails_and_is_requeued_and_put_back() -> None:
    task = create_task("tests.tasks.fail", {})
    execute_task(task)
    assert Task.objects.get(pk=task).status == Task.FAILED
    assert Attempt.objects.get().task_id == task
    action = perform("requeue", Task.objects.filter(pk=task), None, "one")
    assert Task.objects.get(pk=task).status == Task.QUEUED
    undo(action)
    assert Task.objects.get(pk=task).status == Task.FAILED
    assert OperatorAction.objects.get(pk=action.pk).undone is not None


def test_a_worker_registers_claims_settles_and_is_declared_lost() -> None:
    worker, other = Worker(host="web-1", pid=1, slots=1), Worker(host="web-2", pid=2, slots=1)
    for each in (worker, other):
        store.register(each)
    create_task("tests.tasks.noop", {}), create_task("tests.tasks.noop", {})
    one, two = claim(worker, 2)
    assert store.turn(worker.pk, [completed(one)], 0).ended
    assert workers_of("web-1") == [worker]
    let_lease_end(worker)
    assert [task.pk for task in janitor.tick(other.pk).failed] == [two.id]
    assert monitor.detect_orphaned_tasks() == 0


def test_every_page_of_the_console_opens(client: Client) -> None:
    task = create_task("tests.tasks.fail", {})
    execute_task(task)
    client.force_login(operator("ada", superuser=True))
    for path in (
        "/",
        f"/tasks/{task}/",
        "/failures/",
        "/enqueue/",
        "/workers/",
        "/activity/",
        "/queues/named/default/",
    ):
        assert client.get(path).status_code == 200, path
    assert client.post(f"/tasks/{task}/requeue/").status_code == 302
    assert Task.objects.get(pk=task).status == Task.QUEUED
