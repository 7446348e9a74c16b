"""Which tasks the parameters of the list's address match, and what is said of those that are not valid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters
from django_simple_queue.models import Task
from tests.dashboard.queue import CHARGE, a_task, a_worker, later

pytestmark = pytest.mark.django_db


def matching(query):
    return {task.pk for task in filters.read(QueryDict(query)).qs}


def in_every_state():
    return {
        "queued": a_task(),
        "scheduled": a_task(**later(3600)),
        "retrying": a_task(attempt=1, epoch=1, **later(30)),
        "progress": a_task(Task.PROGRESS),
        "completed": a_task(Task.COMPLETED),
        "failed": a_task(Task.FAILED),
        "cancelled": a_task(Task.CANCELLED),
    }


@pytest.mark.parametrize("tab", [tab for tab in filters.TABS if tab])
def test_a_tab_holds_its_tasks_and_no_others(tab):
    tasks = in_every_state()
    assert matching(f"status={tab}") == {tasks[tab].pk}


def test_without_a_tab_everything_matches():
    tasks = in_every_state()
    assert matching("") == {task.pk for task in tasks.values()}


def test_a_due_task_that_waits_to_be_promoted_is_queued_not_scheduled():
    overdue = a_task(run_after=timezone.now() - timedelta(seconds=1), due=False)
    assert (matching("status=queued"), matching("status=scheduled")) == ({overdue.pk}, set())


def test_task_queue_and_worker_narrow():
    worker = a_worker()
    one = a_task(Task.COMPLETED, task=CHARGE, queue="billing", worker=worker.pk)
    a_task(Task.COMPLETED)
    for query in (f"task={CHARGE}", "queue=billing", f"worker={worker.pk}"):
        assert matching(query) == {one.pk}


def test_time_means_when_ended_tasks_ended_and_when_others_were_created():
    ended_now = a_task(Task.FAILED, age=7200)
    assert matching("status=failed&time=1h") == {ended_now.pk}
    assert matching("time=1h") == set()


def test_since_and_until_bound_the_same_time():
    task = a_task(age=3600)
    middle = (timezone.now() - timedelta(minutes=30)).isoformat()
    assert matching(f"until={middle.replace('+', '%2B')}") == {task.pk}
    assert matching(f"since={middle.replace('+', '%2B')}") == set()


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense",
        "worker=web-1",
        "time=2y",
        "since=last+week",
        "since=2026-13-45",
        "attempt=many",
        "attempt=%3E1..3",
        "duration=%3E10+parsecs",
        "has=luck",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        f"q={'x' * 201}",
        "status=failed&status=3&worker=?",
    ],
)
def test_an_invalid_filter_matches_nothing_and_is_told(viewer, query):
    task = a_task(Task.FAILED)
    assert matching(query) == set()
    html = viewer.get(f"/?{query}", follow=True).content.decode()
    assert "This filter is not valid, so nothing matches." in html
    assert str(task.pk) not in html
    assert 'id="filters"' in html


def test_an_unknown_parameter_changes_nothing():
    task = a_task()
    assert matching("utm_source=mail") == {task.pk}


def ended(seconds, **columns):
    now = timezone.now()
    return a_task(Task.COMPLETED, started=now - timedelta(seconds=seconds), finished=now, **columns)


def test_attempt_duration_and_what_a_row_holds_narrow():
    quick, slow = ended(2), ended(90, attempt=3)
    failed = a_task(Task.FAILED, attempt=2)
    assert matching("duration=%3E1m") == {slow.pk}
    assert matching("duration=1.5..3s") == {quick.pk}
    assert matching("attempt=%3E1") == {slow.pk, failed.pk}
    assert matching("attempt=2..3&duration=%3C10s") == {failed.pk}
    assert matching("has=error") == {failed.pk}
