"""What the list offers to operators who may do little: no more than they may do, and no less than the task's page."""

from __future__ import annotations

import pytest

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, later, page, row_of

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
