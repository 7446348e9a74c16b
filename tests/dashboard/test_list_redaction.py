"""The list reads parts of texts; a secret that such a part cuts is neither shown nor found."""

from __future__ import annotations

import json

import pytest

from dashboard.selectors.needles import ERROR_SEARCHED
from dashboard.selectors.rows import ERROR_READ
from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, a_worker, row_of, shown

pytestmark = pytest.mark.django_db

SECRET = "hunter2-and-more-7781"
ARGS = json.dumps({"password": SECRET})


def page(client, query=""):
    response = client.get("/", {"q": query} if query else {})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("kept", [4, 12, len(SECRET) - 1])
def test_an_error_whose_read_end_begins_inside_a_secret_does_not_show_its_rest(viewer, kept):
    task = a_task(Task.FAILED, args=ARGS, error="x" * 50 + SECRET + "z" * (ERROR_READ - kept))
    row = row_of(page(viewer), task)
    assert "zzz" in row
    assert SECRET[-4:] not in row


@pytest.mark.parametrize("kept", [8, 16])
def test_a_search_does_not_find_the_half_of_a_secret_at_the_edge_of_what_it_reads(viewer, kept):
    beginning = a_task(Task.FAILED, args=ARGS, error="x" * (ERROR_SEARCHED - kept) + SECRET + "z" * 9_000)
    end = a_task(Task.FAILED, args=ARGS, error="y" * 90_000 + SECRET + "z" * (ERROR_READ - kept))
    assert shown(page(viewer, SECRET[:kept])) == shown(page(viewer, SECRET[-kept:])) == []
    assert shown(page(viewer, "xxxx")) == [str(beginning.pk)]
    assert set(shown(page(viewer, "zzzz"))) == {str(beginning.pk), str(end.pk)}


@pytest.mark.parametrize("args", [ARGS, json.dumps({"password": SECRET, "more": "x" * 9_000})])
def test_a_progress_message_is_redacted(viewer, args):
    progress = {"progress": 40, "progress_message": f"connecting with {SECRET}"}
    task = a_task(Task.PROGRESS, args=args, worker=a_worker().pk, **progress)
    row = row_of(page(viewer), task)
    assert "40 %" in row
    assert SECRET not in row
    assert ("connecting with [redacted]" in row) == (args == ARGS)
