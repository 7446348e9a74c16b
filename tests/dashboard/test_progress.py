"""Progress of a running task: a percentage, a message, or both."""

from __future__ import annotations

import pytest
from django.urls import reverse

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, row_of

pytestmark = pytest.mark.django_db
SAID = "Reading page <4>"
ESCAPED = "Reading page &lt;4&gt;"


@pytest.fixture
def task():
    return a_task(Task.PROGRESS, worker=a_worker().pk, progress_message=SAID)


def pages_of(client, task):
    """The row of the task in the list, and its page."""
    row = row_of(client.get("/").content.decode(), task)
    return row, client.get(reverse("simple_queue_dashboard:task", args=[task.pk])).content.decode()


def test_a_message_without_a_percentage_is_shown(client, task):
    signed_in(client, operator("ada", superuser=True))
    for html in pages_of(client, task):
        assert ESCAPED in html
        assert "<progress" not in html
        assert "None %" not in html


def test_a_message_needs_the_permission_to_see_the_payload(client, task):
    signed_in(client, operator("guest", "view_task"))
    for html in pages_of(client, task):
        assert "Reading page" not in html
