"""The option ``rerun`` says what may run twice: of a requeue, of running again, and of editing and requeueing alike."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.models import Attempt, QueuePause, Task
from tests.dashboard.answers import said
from tests.dashboard.asking import fields_of
from tests.dashboard.enqueueing import SHIP, post, text
from tests.dashboard.people import operator, signed_in
from tests.dashboard.routes import HTMX

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
ARGS = {"to": "Eva", "order": 7}
EVER = [Task.QUEUED, Task.PROGRESS, Task.COMPLETED, Task.FAILED, Task.CANCELLED]


@pytest.fixture
def rerun(settings, request):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {"rerun": request.param}}


def ran(status=Task.COMPLETED, **columns):
    values = {"epoch": 1, "attempt": 1, "finished": timezone.now(), "args": json.dumps(ARGS), **columns}
    return Task.objects.create(task=SHIP, status=status, **values)


def run_again(client, task, **fields):
    return client.post(f"/tasks/{task.pk}/run-again/", {"next": f"/tasks/{task.pk}/", **fields})


def copies_of(task):
    return Task.objects.filter(parent=task.pk).count()


def edited(client, task, **fields):
    return post(client, f"from={task.pk}", args=json.dumps({**ARGS, "order": 8}), **fields)


@pytest.mark.parametrize("rerun", ["confirm"], indirect=True)
def test_a_completed_task_that_asks_for_it_runs_again_only_when_confirmed(ada, rerun):
    task = ran()
    page = run_again(ada, task)
    assert "Run ship" in text(page)
    assert "may do harm" in text(page)
    assert copies_of(task) == 0
    run_again(ada, task, confirm="0")
    assert copies_of(task) == 0
    run_again(ada, task, **fields_of(page))
    assert copies_of(task) == 1


@pytest.mark.parametrize("rerun", ["confirm"], indirect=True)
def test_with_scripts_the_question_is_a_dialog_and_the_answer_leads_the_whole_page_to_the_new_task(ada, rerun):
    task = ran()
    asked = ada.post(f"/tasks/{task.pk}/run-again/", headers=HTMX)
    assert asked["HX-Retarget"] == "#dialog"
    answer = ada.post(f"/tasks/{task.pk}/run-again/", {"confirm": "1"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/tasks/{Task.objects.get(parent=task.pk).pk}/"


@pytest.mark.parametrize("rerun", ["", "safe"], indirect=True)
def test_a_completed_task_runs_again_in_one_click_otherwise(ada, rerun):
    task = ran()
    answer = run_again(ada, task)
    assert copies_of(task) == 1
    copy = Task.objects.get(parent=task.pk)
    name = f"{copy.task.rpartition('.')[2]} {str(copy.pk)[-8:]}"
    assert said(answer) == f"Enqueued again as {name}, starts in 5 s; Cancel takes it back."
    assert not copy.due
    assert timedelta(seconds=3) < copy.run_after - timezone.now() < timedelta(seconds=6)
    ada.post(f"/tasks/{copy.pk}/cancel/")
    assert Task.objects.get(pk=copy.pk).status == Task.CANCELLED


def test_whoever_may_not_cancel_is_not_told_to(client):
    clerk = signed_in(client, operator("eva", "view_task", "add_task"))
    assert said(run_again(clerk, ran(), confirm="1")).endswith(", starts in 5 s.")


def test_what_runs_again_without_time_for_undo_starts_at_once(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_UNDO_SECONDS = 0
    task = ran()
    assert said(run_again(ada, task, confirm="1")).startswith("Enqueued again as ship ")
    assert Task.objects.get(parent=task.pk).due


def test_what_runs_again_in_a_paused_queue_is_not_told_to_start(ada):
    QueuePause.objects.create(queue="default", reason="deploy")
    assert said(run_again(ada, ran(), confirm="1")).endswith(", but the queue default is paused.")


@pytest.mark.parametrize("rerun", ["never"], indirect=True)
@pytest.mark.parametrize("epoch", [1, 0], ids=["ours", "of the older package"])
def test_what_must_not_run_twice_is_not_run_again(ada, rerun, epoch):
    task = ran(epoch=epoch)
    html = text(ada.get(f"/tasks/{task.pk}/"))
    assert "run-again/" not in html
    assert "must not run twice" in html
    assert said(run_again(ada, task, confirm="1")) == "This task is never to be repeated. Nothing done."
    assert copies_of(task) == 0


@pytest.mark.parametrize("rerun", ["never"], indirect=True)
@pytest.mark.parametrize("status", EVER)
def test_what_must_not_run_twice_is_not_requeued_with_other_arguments(ada, rerun, status):
    task = ran(status)
    assert f"?from={task.pk}" not in text(ada.get(f"/tasks/{task.pk}/"))
    opened = ada.get(f"/enqueue/?from={task.pk}")
    assert (opened.status_code, opened["Location"]) == (302, f"/tasks/{task.pk}/")
    assert "must not run twice" in said(opened)
    sent = edited(ada, task)
    assert (sent.status_code, copies_of(task)) == (422, 0)
    assert "must not run twice" in text(sent)


@pytest.mark.parametrize("rerun", ["never"], indirect=True)
def test_what_has_not_run_yet_may_be_edited_whatever_it_says(ada, rerun):
    task = ran(Task.QUEUED, epoch=0, attempt=0, finished=None)
    assert f"?from={task.pk}" in text(ada.get(f"/tasks/{task.pk}/"))
    assert edited(ada, task).status_code == 302
    assert copies_of(task) == 1


@pytest.mark.parametrize("rerun", ["confirm"], indirect=True)
def test_editing_what_asks_for_it_asks_too_about_this_run(ada, rerun):
    task = ran()
    asked = text(edited(ada, task))
    assert "Run ship again?" in asked
    assert "may do harm" in asked
    assert "not declared safe" not in asked
    assert copies_of(task) == 0
    answer = {"reviewed": fields_of_review(asked)}
    Task.objects.filter(pk=task.pk).update(epoch=2)
    assert "Run ship again?" in text(edited(ada, task, **answer))
    Task.objects.filter(pk=task.pk).update(epoch=1)
    assert edited(ada, task, **answer).status_code == 302
    assert copies_of(task) == 1


def fields_of_review(html):
    return html.partition('name="reviewed" value="')[2].partition('"')[0]


@pytest.mark.parametrize("rerun", ["", "safe"], indirect=True)
def test_editing_asks_by_itself_only_after_a_run_without_an_answer(ada, rerun, settings):
    answered, unanswered = ran(Task.FAILED), ran(Task.FAILED)
    Attempt.objects.create(task=answered, epoch=1, attempt=1, outcome="failed")
    Attempt.objects.create(task=unanswered, epoch=1, attempt=1, outcome="lost")
    edited(ada, answered)
    assert copies_of(answered) == 1
    asks = not settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS[SHIP]["rerun"]
    assert ("may have taken effect" in text(edited(ada, unanswered))) == asks
    assert copies_of(unanswered) == (not asks)


@pytest.mark.parametrize("rerun", [""], indirect=True)
def test_what_is_not_allowed_any_more_does_not_run_again_and_says_so(ada, rerun, settings):
    task = ran()
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {}
    assert said(run_again(ada, task)) == "This task is not in the allowlist any more. Nothing done."


def test_who_may_not_run_it_is_told_so_instead_of_asked(client, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {"rerun": "confirm", "permission": "auth.add_user"}}
    clerk = signed_in(client, operator("kim", "view_task", "add_task"))
    task = ran()
    answer = run_again(clerk, task)
    assert answer.status_code == 302
    assert "Nothing done." in said(answer)
    assert copies_of(task) == 0
