"""What is too much for one request is left to the workers: watched on a page, stopped there, undone in part."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard import many, preflight
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import background, perform
from tests.dashboard.answers import said, text_of
from tests.dashboard.asking import REQUEUE, ask, confirm, fields_of
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, status_of

pytestmark = pytest.mark.django_db
TICKED = "/tasks/requeue/"


@pytest.fixture
def small(monkeypatch):
    """More than three rows are left to the workers."""
    monkeypatch.setattr(many, "MAX_ROWS", 3)
    monkeypatch.setattr(preflight, "MAX_ROWS", 3)


def workers_do_the_rest():
    for _ in range(50):
        if not background.drive():
            return


def test_many_are_left_to_the_workers_and_watched_on_a_page(ada, small):
    tasks = [a_task(Task.FAILED) for _ in range(5)]
    page = ask(ada)
    assert "The workers do it, batch by batch" in text_of(page)
    assert "No worker is running now" in text_of(page)
    response = confirm(ada, page)
    action = OperatorAction.objects.get()
    assert response["Location"] == f"/activity/{action.pk}/"
    shown = ada.get(response["Location"])
    assert "is requeueing 5 tasks" in text_of(shown)
    assert "No worker is running, so this stands still" in text_of(shown)
    workers_do_the_rest()
    a_worker()
    assert {status_of(task) for task in tasks} == {Task.QUEUED}
    done = text_of(ada.get(response["Location"]))
    assert "requeued 5 tasks" in done
    assert "5 of 5" in done


def ask_about(client, way, tasks):
    return ask(client) if way == REQUEUE else client.post(way, {"ticked": " ".join(str(each.pk) for each in tasks)})


@pytest.mark.parametrize("way", [REQUEUE, TICKED])
@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_question_answered_twice_is_one_action_however_far_the_workers_are(ada, small, way, batches):
    tasks = [a_task(Task.FAILED) for _ in range(5)]
    page = ask_about(ada, way, tasks)
    confirm(ada, page, way)
    action = OperatorAction.objects.get()
    for _ in range(batches):
        action.refresh_from_db()
        background.go_on(action.pk, action.cursor, 3)
    second = confirm(ada, page, way)
    assert OperatorAction.objects.get() == action
    if batches < 3:
        assert second["Location"] == f"/activity/{action.pk}/"
    else:
        assert said(second) == "Requeued 5 of 5."
    workers_do_the_rest()
    assert {status_of(task) for task in tasks} == {Task.QUEUED}


@pytest.mark.parametrize("way", [REQUEUE, TICKED])
def test_what_was_stopped_may_be_begun_anew(ada, small, way):
    page = ask_about(ada, way, [a_task(Task.FAILED) for _ in range(5)])
    confirm(ada, page, way)
    ada.post(f"/activity/{OperatorAction.objects.get().pk}/abort/")
    confirm(ada, page, way)
    assert list(OperatorAction.objects.values_list("state", flat=True)) == ["aborted", "running"]


def test_with_scripts_the_page_goes_to_the_action(ada, small):
    for _ in range(4):
        a_task(Task.FAILED)
    page = ada.post(REQUEUE, {"query": "status=failed"}, headers={"HX-Request": "true"})
    assert page["HX-Retarget"] == "#dialog"
    response = ada.post(REQUEUE, fields_of(page) | {"confirm": "yes"}, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"/activity/{OperatorAction.objects.get().pk}/"


@pytest.mark.ability(1)
def test_an_action_is_stopped_from_its_page_and_undone_with_its_remainder(ada, small):
    tasks = [a_task(Task.FAILED, age=100 - n) for n in range(6)]
    confirm(ada, ask(ada))
    action = OperatorAction.objects.get()
    background.go_on(action.pk, "", 4)
    assert "Stopped" in said(ada.post(f"/activity/{action.pk}/abort/"))
    assert "ended already" in said(ada.post(f"/activity/{action.pk}/abort/"))
    page = text_of(ada.get(f"/activity/{action.pk}/"))
    assert "2 not reached" in page
    assert "Stopped by ada." in page
    Task.objects.filter(pk=tasks[0].pk).update(status=Task.PROGRESS, epoch=9)
    response = ada.post(f"/activity/{action.pk}/undo/")
    assert said(response) == "Undone 3; 1 had already started."
    assert "1 had already started" in text_of(ada.get("/activity/"))


def test_a_big_undo_is_left_to_the_workers(ada, monkeypatch):
    tasks = [a_task(Task.FAILED) for _ in range(3)]
    confirm(ada, ask(ada))
    monkeypatch.setattr("django_simple_queue.models.audit.undoing.MAX_ROWS", 2)
    action = OperatorAction.objects.get()
    perform("cancel", Task.objects.filter(pk=tasks[0].pk), "omar")
    response = ada.post(f"/activity/{action.pk}/undo/")
    assert said(response) == "Undoing 3 tasks; the workers do it, batch by batch."
    assert "Undoing: 0 of 3" in text_of(ada.get(f"/activity/{action.pk}/"))
    workers_do_the_rest()
    assert [status_of(task) for task in tasks] == [Task.CANCELLED, Task.FAILED, Task.FAILED]
    assert "1 was cancelled by omar since" in text_of(ada.get(f"/activity/{action.pk}/"))
    assert "2 as before, 1 was cancelled by omar since" in text_of(ada.get("/activity/"))


def test_what_a_task_demands_is_frozen_when_the_action_starts(settings, small):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "auth.change_user"}, CHARGE: {}}
    eva = operator("eva", "view_task", "requeue_task")
    for path in (SEND, CHARGE) * 2:
        a_task(Task.FAILED, task=path)
    client = signed_in(Client(), eva)
    confirm(client, ask(client))
    eva.is_superuser = True
    eva.save()
    workers_do_the_rest()
    assert OperatorAction.objects.get().outcomes == {"done": 2, "not_permitted": 2}
