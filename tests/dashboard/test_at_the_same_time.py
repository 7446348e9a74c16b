"""Clicks that arrive at the same moment, each in a thread and a connection of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.models.signals import post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard import many
from dashboard.repeat import run_again
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.asking import REQUEUE, ask, fields_of
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
CHARGE = "tests.dashboard.shop.charge"
CLICKS = 8


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}


def clicked_at_once(url, data, clerk=None):
    """POST the same form from several browsers of one operator at once; return where each was led."""
    clerk = clerk or operator("clerk", "view_task", "add_task")
    clients = [signed_in(Client(), clerk) for _ in range(CLICKS)]
    start = Barrier(CLICKS)

    def click(client):
        try:
            start.wait(timeout=30)
            return client.post(url, data).get("Location")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLICKS) as pool:
        return set(pool.map(click, clients))


def test_one_form_sent_many_times_at_once_makes_one_task():
    places = clicked_at_once(f"/enqueue/?task={CHARGE}", {"args": '{"invoice_id": 7}', "token": str(uuid4())})
    task = Task.objects.get()
    assert places == {f"/tasks/{task.pk}/"}
    assert OperatorAction.objects.filter(verb="enqueue").count() == 1


def test_run_again_clicked_many_times_at_once_makes_one_task():
    task = Task.objects.create(task=CHARGE, args="{}", status=Task.COMPLETED)
    places = clicked_at_once(f"/tasks/{task.pk}/run-again/", {})
    copy = Task.objects.get(parent=task.pk)
    assert places == {f"/tasks/{copy.pk}/"}
    assert OperatorAction.objects.filter(verb="run_again").count() == 1


@pytest.fixture
def meeting():
    """Each click has written its action down before any of them goes on; on SQLite only one can write at a time."""
    gate = Barrier(CLICKS, timeout=30)

    def meet(**_):
        gate.wait()

    if connection.vendor != "sqlite":
        post_save.connect(meet, sender=OperatorAction)
    yield
    post_save.disconnect(meet, sender=OperatorAction)


def test_one_confirmation_sent_many_times_at_once_starts_one_action(monkeypatch, meeting):
    monkeypatch.setattr(many, "MAX_ROWS", 1)
    for _ in range(3):
        Task.objects.create(task=CHARGE, args="{}", status=Task.FAILED)
    clerk = operator("clerk", "view_task", "requeue_task", "view_operatoraction")
    answer = fields_of(ask(signed_in(Client(), clerk)))
    places = clicked_at_once(REQUEUE, answer, clerk)
    assert places == {f"/activity/{OperatorAction.objects.get().pk}/"}


def test_run_again_begins_with_a_write():
    """A transaction that reads first fails on SQLite as soon as it writes, when another has written meanwhile."""
    task = Task.objects.create(task=CHARGE, args="{}", status=Task.COMPLETED)
    clerk = operator("clerk", superuser=True)
    with CaptureQueriesContext(connection) as statements:
        run_again(task.pk, clerk)
    first = next(each["sql"] for each in statements if not each["sql"].startswith("BEGIN"))
    assert first.startswith("UPDATE")
