"""Who starts a task whose queue is paused, or that no worker is there for, is not told that it starts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.selectors import snapshot
from dashboard.selectors.snapshot import take
from django_simple_queue.models import QueuePause, Task
from tests.dashboard.answers import said
from tests.dashboard.queue import a_task, a_worker, later, page, row_of

pytestmark = pytest.mark.django_db


def requeue(client):
    return client.post(f"/tasks/{a_task(Task.FAILED).pk}/requeue/")


def start(client):
    return client.post(f"/tasks/{a_task(**later(600)).pk}/start-now/")


@pytest.mark.parametrize("do", [requeue, start])
@pytest.mark.parametrize(
    ("queue", "why"), [("default", "the queue default is paused"), (QueuePause.ALL, "every queue is paused")]
)
def test_a_pause_is_told(ada, do, queue, why):
    a_worker()
    QueuePause.objects.create(queue=queue, reason="deploy")
    sentence = said(do(ada))
    assert sentence.endswith(f", but {why}.")
    assert "starts" not in sentence


@pytest.mark.parametrize("do", [requeue, start])
def test_that_no_worker_is_running_is_told(ada, do):
    ada.get("/")
    assert said(do(ada)).endswith(", but no worker is running.")


@pytest.mark.parametrize("do", [requeue, start])
def test_what_starts_is_told_to_start(ada, do):
    a_worker()
    QueuePause.objects.create(queue="other", reason="deploy")
    ada.get("/")
    assert " starts " in said(do(ada))


def test_an_old_picture_of_the_workers_says_nothing(ada, monkeypatch):
    old = take()
    monkeypatch.setattr(snapshot.memory, "latest", old)
    monkeypatch.setattr("django.utils.timezone.now", lambda now=timezone.now: now() + timedelta(minutes=1))
    assert "starts in 5 s" in said(requeue(ada))


def test_what_is_cancelled_is_only_that(ada):
    QueuePause.objects.create(queue="default", reason="deploy")
    assert said(ada.post(f"/tasks/{a_task().pk}/cancel/")).startswith("Cancelled: send_email")


@pytest.mark.parametrize(
    ("queue", "why"), [("default", "the queue default is paused"), (QueuePause.ALL, "every queue is paused")]
)
def test_no_row_nor_page_says_of_a_held_task_that_it_starts(ada, queue, why):
    a_worker()
    requeue(ada)
    task = Task.objects.get()
    assert "starts" in row_of(page(ada), task)
    QueuePause.objects.create(queue=queue, reason="deploy", paused_by="omar")
    shown = row_of(page(ada), task)
    assert f"Requeued by you, but {why}" in " ".join(shown.split())
    assert "starts" not in shown
    html = ada.get(f"/tasks/{task.pk}/").content.decode()
    assert "Why is this not running?" in html
    assert "paused by omar: deploy." in html
    assert "starts" not in html.partition('id="held"')[2].partition("</div>")[0]
    assert f"/tasks/{task.pk}/undo/" in html


def test_rows_that_are_held_ask_no_more_of_the_database(ada):
    a_worker()
    QueuePause.objects.create(queue="default", reason="deploy")
    counted = []
    for _ in range(2):
        requeue(ada)
        with CaptureQueriesContext(connection) as queries:
            page(ada)
        counted.append(len(queries))
    assert counted[0] >= counted[1]
