"""More attempts than a page reads: the line begins with the first that was read, and says how many were before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.selectors.attempts import MOST_ATTEMPTS
from django_simple_queue.models import Attempt, Task
from tests.dashboard.task_page import failed_task, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("charge_allowed")]


def tried(times):
    """A task whose attempts failed every ten seconds, each after one."""
    now = timezone.now()
    task = failed_task(attempt=times, max_attempts=times, epoch=times)
    Task.objects.filter(pk=task.pk).update(created=now - timedelta(days=1))
    for number in range(1, times + 1):
        started = now - timedelta(seconds=(times - number + 1) * 10)
        columns = {"started": started, "finished": started + timedelta(seconds=1), "outcome": "failed"}
        Attempt.objects.create(task=task, epoch=number, attempt=number, round=1, **columns)
    return task


@pytest.mark.parametrize(("more", "words"), [(1, "1 earlier attempt, from"), (10, "10 earlier attempts, from")])
def test_no_wait_is_invented_before_the_first_attempt_that_is_read(chief, more, words):
    html = text_of(chief, tried(MOST_ATTEMPTS + more))
    assert f'aria-label="attempt {more + 1} failed 1.0 s, then backoff 9.0 s, then attempt {more + 2} failed' in html
    assert words in " ".join(html.split())


def test_a_line_that_is_whole_begins_when_the_task_was_made(chief):
    html = " ".join(text_of(chief, tried(MOST_ATTEMPTS)).split())
    assert 'aria-label="waited 8' in html
    assert "earlier attempt" not in html
