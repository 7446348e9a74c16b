"""What an operator does: one click, its Undo, what is asked first, and who is told what when two click at once."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.answers import said
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, row_of, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def omar():
    return signed_in(Client(), operator("omar", superuser=True))


def do(client, task, verb, **values):
    return client.post(f"/tasks/{task.pk}/{verb}/", {"next": "/", **values})


def undo(client, task):
    return do(client, task, "undo", of=OperatorAction.objects.latest("pk").pk)


def run(task, epoch=2, **columns):
    """A worker takes the task."""
    Task.objects.filter(pk=task.pk).update(status=1, epoch=epoch, attempt=1, worker=a_worker().pk, **columns)


def test_requeue_is_one_click_and_held_for_undo(ada):
    task = a_task(Task.FAILED)
    response = do(ada, task, "requeue")
    assert (response.status_code, response["Location"]) == (302, "/")
    task.refresh_from_db()
    assert (task.status, task.due, task.attempt) == (Task.QUEUED, False, 0)
    assert timedelta(seconds=3) < task.run_after - timezone.now() < timedelta(seconds=6)
    assert "starts in 5 s" in said(response)
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor, action.done) == ("requeue", "ada", 1)


def test_the_row_says_what_was_done_with_undo_and_start_now(ada):
    a_worker()
    task = a_task(Task.FAILED)
    do(ada, task, "requeue")
    row = row_of(ada.get("/").content.decode(), task)
    assert re.search(r"Requeued by you, starts <time[^>]*>in \d s", row)
    assert f"/tasks/{task.pk}/undo/" in row
    assert f"/tasks/{task.pk}/start-now/" in row
    assert "Queued" in row


@pytest.mark.ability(1)
def test_undo_puts_the_row_back_as_it_was(ada):
    task = a_task(Task.FAILED)
    do(ada, task, "requeue")
    response = undo(ada, task)
    restored = Task.objects.get(pk=task.pk)
    for column in ("status", "attempt", "run_after", "error", "finished", "epoch"):
        assert getattr(restored, column) == getattr(task, column), column
    assert "Undone" in said(response)


def test_undo_is_once(ada, omar):
    task = a_task(Task.FAILED)
    do(ada, task, "requeue")
    action = OperatorAction.objects.get()
    assert "Undone" in said(omar.post(f"/activity/{action.pk}/undo/"))
    assert said(ada.post(f"/activity/{action.pk}/undo/")) == "Undone already by omar. Nothing done."


@pytest.mark.ability(1)
def test_undo_after_a_start_says_too_late(ada):
    task = a_task(Task.FAILED)
    do(ada, task, "requeue")
    run(task)
    action = OperatorAction.objects.get()
    assert "Too late" in said(ada.post(f"/activity/{action.pk}/undo/"))
    assert status_of(task) == Task.PROGRESS


def test_undo_without_anything_to_undo(ada):
    assert "nothing to undo" in said(do(ada, a_task(Task.FAILED), "undo"))


def test_start_now_ends_the_hold(ada):
    task = a_task(Task.FAILED)
    do(ada, task, "requeue")
    do(ada, task, "start-now")
    task.refresh_from_db()
    assert task.due
    assert task.run_after <= timezone.now()


def test_cancel_of_a_waiting_task_and_its_undo(ada):
    task = a_task()
    response = do(ada, task, "cancel")
    assert status_of(task) == Task.CANCELLED
    assert said(response).startswith("Cancelled: send_email")
    undo(ada, task)
    assert status_of(task) == Task.QUEUED


def test_a_task_outside_the_allowlist_is_not_requeued(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE}
    task = a_task(Task.FAILED)
    assert said(do(ada, task, "requeue")) == "This task is not in the allowlist any more. Nothing done."
    assert f"/tasks/{task.pk}/requeue/" not in ada.get("/").content.decode()


def test_a_task_may_demand_its_own_permission(client, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "auth.change_user"}}
    task = a_task(Task.FAILED)
    eva = signed_in(client, operator("eva", "view_task", "requeue_task"))
    assert said(do(eva, task, "requeue")) == "This task is not yours to change. Nothing done."
    assert status_of(task) == Task.FAILED


def test_who_comes_second_is_told_who_was_first(ada, omar):
    task = a_task(Task.FAILED)
    do(omar, task, "requeue")
    OperatorAction.objects.update(created=timezone.now() - timedelta(seconds=4))
    response = do(ada, task, "requeue")
    assert re.fullmatch(r"omar requeued this [45] s ago\. Nothing done\.", said(response))
    assert OperatorAction.objects.count() == 1


def test_the_second_click_of_a_double_click_is_told_what_the_first_did(ada):
    task = a_task(Task.FAILED)
    first, second = do(ada, task, "requeue"), do(ada, task, "requeue")
    assert "starts in 5 s" in said(second)
    assert said(first) in said(second)
    assert OperatorAction.objects.count() == 1


@pytest.mark.parametrize("status", [Task.QUEUED, Task.PROGRESS, Task.COMPLETED])
def test_requeue_touches_only_what_failed_or_was_cancelled(ada, status):
    task = a_task(status, worker=a_worker().pk)
    assert said(do(ada, task, "requeue")).endswith("Nothing done.")
    assert status_of(task) == status


def test_a_task_without_a_live_worker_may_be_marked_failed(ada):
    task = a_task(Task.PROGRESS, worker=a_worker(alive=False).pk)
    assert said(do(ada, task, "mark-failed")).startswith("Marked as failed")
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize(
    ("columns", "status", "became"),
    [
        ({"max_attempts": 3}, Task.QUEUED, "queued for another attempt"),
        ({"cancel_requested": timezone.now()}, Task.CANCELLED, "cancelled"),
    ],
)
def test_what_became_of_a_task_that_was_marked_as_failed_is_said_everywhere(ada, columns, status, became):
    task = a_task(Task.PROGRESS, worker=a_worker(alive=False).pk, **columns)
    assert f"It is {became} then" in ada.get(f"/tasks/{task.pk}/").content.decode()
    first, second = do(ada, task, "mark-failed"), do(ada, task, "mark-failed")
    assert status_of(task) == status
    assert said(first).startswith(f"{became.capitalize()}: send_email ")
    assert said(second) == said(first)
    assert f"{became.capitalize()} by you" in ada.get("/").content.decode()
    assert f"<strong>ada</strong> {became}" in " ".join(ada.get("/activity/").content.decode().split())
    OperatorAction.objects.update(actor="omar", actor_id="7")
    told = said(do(ada, task, "mark-failed"))
    assert re.fullmatch(rf"omar acted on this \d+ s ago: {became}\. Nothing done\.", told)


def test_a_held_task_of_a_live_worker_is_not_marked_failed(ada):
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    assert said(do(ada, task, "mark-failed")) == "This task is held by a live worker. Nothing done."


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_click_never_leads_to_another_site(ada, next_page):
    assert do(ada, a_task(Task.FAILED), "requeue", next=next_page)["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_make_one_transition_and_one_entry():
    user = operator("ada", superuser=True)
    task = a_task(Task.FAILED)
    clients = [signed_in(Client(), user) for _ in range(20)]
    answers = []

    def click(client):
        answers.append(do(client, task, "requeue").status_code)
        connection.close()

    threads = [threading.Thread(target=click, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [302] * 20
    assert OperatorAction.objects.count() == 1
    assert Task.objects.get(pk=task.pk).modified
