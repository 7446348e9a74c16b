"""Asked to do to all that match what can be done to none of it, the question says what matches, and what it takes."""

from __future__ import annotations

import pytest

from dashboard import immovable
from dashboard.deadline import TookTooLong
from django_simple_queue.models import Task
from tests.dashboard.answers import text_of
from tests.dashboard.asking import CANCEL, REQUEUE, ask
from tests.dashboard.queue import a_task

pytestmark = pytest.mark.django_db
NONE_LEFT = "No task matches any more."


@pytest.mark.parametrize(
    ("url", "query", "words"),
    [
        (REQUEUE, "status=completed", "36 are completed Only failed and cancelled tasks can be requeued."),
        (REQUEUE, "", "1 is in progress 36 are completed Only failed"),
        (CANCEL, "status=completed", "36 are completed Only tasks that wait or run can be cancelled."),
    ],
)
def test_completed_tasks_are_not_said_to_match_no_more(ada, url, query, words):
    for _ in range(36):
        a_task(Task.COMPLETED)
    a_task(Task.PROGRESS)
    said = text_of(ask(ada, url, query))
    assert words in said
    assert NONE_LEFT not in said


def test_what_takes_too_long_to_count_is_told_without_a_number(ada, monkeypatch):
    def too_long():
        raise TookTooLong

    a_task(Task.COMPLETED)
    monkeypatch.setattr(immovable, "deadline", too_long)
    said = text_of(ask(ada, REQUEUE, "status=completed"))
    assert "Only failed and cancelled tasks can be requeued." in said
    assert NONE_LEFT not in said


def test_where_nothing_matches_that_is_said(ada):
    assert NONE_LEFT in text_of(ask(ada, REQUEUE, "status=completed"))
