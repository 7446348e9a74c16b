"""What the list offers to operators who may do little: no more than they may do, and no less than the task's page."""

from __future__ import annotations

import pytest
from django.test import Client

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND, a_task, a_worker, later, page, row_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def retrying():
    return a_task(Task.QUEUED, attempt=1, epoch=1, max_attempts=3, **later(60))


@pytest.mark.parametrize(
    ("permission", "run_now", "give_up"),
    [("requeue_task", True, False), ("cancel_task", False, True), ("add_task", False, False)],
)
def test_the_row_and_the_page_of_a_retrying_task_offer_the_same(client, retrying, permission, run_now, give_up):
    signed_in(client, operator("eva", "view_task", permission))
    row = row_of(page(client, "status=retrying"), retrying)
    head = client.get(f"/tasks/{retrying.pk}/").content.decode()
    for html in (row, head):
        assert ("Run now" in html, "Give up" in html) == (run_now, give_up)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"rerun": "never"}, "never to be repeated"), ({"permission": "auth.change_user"}, "not yours to change")],
)
@pytest.mark.parametrize("status", [Task.QUEUED, Task.PROGRESS, Task.FAILED, Task.CANCELLED])
def test_the_row_offers_what_the_page_of_the_task_offers_and_says_why_not(client, settings, options, words, status):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: options}
    task = a_task(status, worker=a_worker().pk)
    signed_in(client, operator("eva", "view_task", "requeue_task", "cancel_task"))
    row = row_of(page(client), task)
    head = client.get(f"/tasks/{task.pk}/").content.decode()
    for verb in ("requeue", "cancel", "start-now"):
        assert (f"/tasks/{task.pk}/{verb}/" in row) == (f"/tasks/{task.pk}/{verb}/" in head), verb
    is_refused = words == "not yours to change" or status in (Task.FAILED, Task.CANCELLED)
    assert (words in row) == is_refused
    assert ("data-verbs" not in row) == is_refused


def test_who_holds_what_a_task_demands_is_offered_it(client, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "auth.change_user"}}
    task = a_task(Task.FAILED)
    eva, lea = (
        signed_in(Client(), operator(name, "view_task", "requeue_task", *own))
        for name, own in (("eva", ()), ("lea", ("change_user",)))
    )
    assert [f"/tasks/{task.pk}/requeue/" in row_of(page(each), task) for each in (eva, lea, eva)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("permission", "hints"), [("requeue_task", {"x", "r", "u"}), ("cancel_task", {"x", "u"}), ("export_task", set())]
)
def test_rows_are_ticked_where_that_leads_anywhere(client, permission, hints):
    a_task(Task.FAILED)
    a_task()
    signed_in(client, operator("eva", "view_task", permission))
    html = page(client)
    for part in ('name="ids"', 'id="select-all"', 'id="bulk"', "Tick the row"):
        assert (part in html) == bool(hints), part
    foot = html.partition('<footer class="foot">')[2].partition("</footer>")[0]
    assert {key for key in "xru" if f"<kbd>{key}</kbd>" in foot} == hints


def test_a_row_is_not_shared_with_who_may_not_tick(client):
    task = a_task(Task.COMPLETED)
    assert "checkbox" in row_of(page(signed_in(client, operator("max", "view_task", "requeue_task"))), task)
    assert "checkbox" not in row_of(page(signed_in(client, operator("eva", "view_task"))), task)


@pytest.mark.parametrize("address", ["/tasks/{pk}/", "/export/"])
def test_what_is_sealed_says_in_words_what_to_ask_for(client, retrying, address):
    signed_in(client, operator("eva", "view_task", "export_task"))
    html = client.get(address.format(pk=retrying.pk)).content.decode()
    assert "ask an administrator for the permission to see the contents of tasks" in html
    assert "django_simple_queue.view_task_payload" not in html
