"""Who learns who did what to a task: who may read Activity, who did it, and who comes second at that very task."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from dashboard import shared
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import perform
from tests.dashboard.answers import said
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND, a_task, a_worker, row_of

pytestmark = pytest.mark.django_db
VERBS = ("requeue_task", "cancel_task")


@pytest.fixture
def requeued():
    a_worker()
    task = a_task(Task.FAILED)
    perform("requeue", Task.objects.filter(pk=task.pk), "omar", "it", hold=timedelta(minutes=5))
    return Task.objects.get(pk=task.pk)


def browser(*permissions, name="eva"):
    return signed_in(Client(), operator(name, "view_task", *permissions))


def seen(client, task):
    """The row in the list, and the page of the task."""
    return row_of(client.get("/").content.decode(), task), client.get(f"/tasks/{task.pk}/").content.decode()


@pytest.mark.parametrize("permissions", [(), VERBS], ids=["may only look", "may act"])
def test_without_the_permission_a_list_and_a_page_say_the_same_without_the_name(requeued, permissions):
    for html in seen(browser(*permissions), requeued):
        assert "omar" not in html
        assert re.search(r"Requeued, starts <time", html)


def test_with_the_permission_both_name_who_did_it(requeued):
    for html in seen(browser("view_operatoraction"), requeued):
        assert "Requeued by omar, starts" in html


def test_what_was_undone_is_nameless_too(requeued):
    client = browser(*VERBS)
    client.post(f"/tasks/{requeued.pk}/undo/", {"of": OperatorAction.objects.get().pk})
    row, _page = seen(client, requeued)
    assert "Requeued, undone" in row


def test_what_somebody_did_themselves_they_know():
    a_worker()
    task, client = a_task(Task.FAILED), browser(*VERBS)
    client.post(f"/tasks/{task.pk}/requeue/")
    assert ["Requeued by you, starts" in html for html in seen(client, task)] == [True, True]


def test_a_list_that_is_shared_does_not_bring_names_to_others(requeued, monkeypatch):
    monkeypatch.setattr(shared, "regions", shared.Regions())
    monkeypatch.setattr(shared, "rows", shared.Regions())
    polls = [browser(*more, name=str(more)).get("/?live=1").content for more in (("view_operatoraction",), ())]
    assert [b"by omar" in poll for poll in polls] == [True, False]


def test_who_may_act_on_a_task_and_comes_second_is_told_who_was_first(requeued):
    told = said(browser(*VERBS).post(f"/tasks/{requeued.pk}/requeue/"))
    assert re.fullmatch(r"omar requeued this \d+ s ago\. Nothing done\.", told)


@pytest.mark.parametrize("before", [{}, {"seen": "1"}], ids=["as it is", "as it was shown"])
def test_who_may_not_act_on_this_task_is_not_told_either(requeued, settings, before):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "auth.change_user"}}
    told = said(browser(*VERBS).post(f"/tasks/{requeued.pk}/requeue/", before))
    assert told == "This task is not yours to change. Nothing done."
