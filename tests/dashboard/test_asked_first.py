"""What an operator is asked before a task is stopped or repeated, and for which run the answer is."""

from __future__ import annotations

import re

import pytest

from django_simple_queue.models import Attempt, OperatorAction, Task
from tests.dashboard.answers import said
from tests.dashboard.asking import fields_of
from tests.dashboard.queue import SEND, a_task, a_worker, status_of
from tests.dashboard.routes import HTMX

pytestmark = pytest.mark.django_db


def do(client, task, verb):
    return client.post(f"/tasks/{task.pk}/{verb}/", {"next": "/"})


def answer(client, page):
    """Press the button of a question."""
    (form,) = re.findall(r'<form\s+method="post"\s+action="([^"]*/(?:requeue|cancel)/)"', page.content.decode())
    return client.post(form, fields_of(page))


def test_stopping_a_running_task_asks_first_even_without_scripts(ada):
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    page = do(ada, task, "cancel")
    assert page.status_code == 200
    assert b"<html" in page.content
    assert b"Stop send_email" in page.content
    assert Task.objects.get(pk=task.pk).cancel_requested is None
    response = answer(ada, page)
    assert Task.objects.get(pk=task.pk).cancel_requested
    assert said(response).startswith("Asked the worker to stop")


def test_with_scripts_the_question_opens_in_the_dialog(ada):
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    response = ada.post(f"/tasks/{task.pk}/cancel/", {"next": "/"}, headers=HTMX)
    assert response["HX-Retarget"] == "#dialog"
    assert b"<html" not in response.content
    assert b'name="confirm" value="1"' in response.content


@pytest.mark.parametrize("outcome", ["lost", "timed_out", "crashed", "interrupted"])
def test_what_ended_without_an_answer_asks_before_it_is_repeated(ada, outcome):
    task = a_task(Task.FAILED)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome=outcome)
    page = do(ada, task, "requeue")
    assert b"may have taken effect" in page.content
    assert status_of(task) == Task.FAILED
    answer(ada, page)
    assert status_of(task) == Task.QUEUED


@pytest.mark.parametrize(("status", "verb"), [(Task.FAILED, "requeue"), (Task.PROGRESS, "cancel")])
def test_an_answer_is_for_the_run_that_was_asked_about_and_no_other(ada, settings, status, verb):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"rerun": "confirm"}}
    task = a_task(status, epoch=3, worker=a_worker().pk)
    page = do(ada, task, verb)
    Task.objects.filter(pk=task.pk).update(epoch=4)
    again = answer(ada, page)
    assert b"dialog-title" in again.content
    assert not OperatorAction.objects.exists()
    answer(ada, again)
    assert OperatorAction.objects.get().verb == verb


def test_an_answer_of_an_earlier_round_does_not_ask(ada):
    task = a_task(Task.FAILED, epoch=2)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost")
    Attempt.objects.create(task=task, epoch=2, attempt=1, outcome="failed")
    do(ada, task, "requeue")
    assert status_of(task) == Task.QUEUED


@pytest.mark.parametrize(
    ("rerun", "status", "asks"), [("confirm", Task.FAILED, True), ("safe", Task.QUEUED, False), ("never", 3, False)]
)
def test_the_allowlist_says_what_is_safe_to_repeat(ada, settings, rerun, status, asks):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"rerun": rerun}}
    task = a_task(Task.FAILED)
    if rerun == "safe":
        Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost")
    response = do(ada, task, "requeue")
    assert status_of(task) == status
    assert (b"may do harm" in response.content) == asks
    if rerun == "never":
        assert said(response) == "This task is never to be repeated. Nothing done."
