"""The one filter language: what matches, what is refused, and how it reads in the address."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters
from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, later, shown

pytestmark = pytest.mark.django_db


def matching(query):
    return {task.pk for task in filters.read(QueryDict(query)).qs}


@pytest.fixture
def viewer(client):
    return signed_in(client, operator("ada", superuser=True))


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
    html = viewer.get(f"/?{query}").content.decode()
    assert "This filter is not valid, so nothing matches." in html
    assert str(task.pk) not in html
    assert 'id="filters"' in html


def test_an_unknown_parameter_changes_nothing():
    task = a_task()
    assert matching("utm_source=mail") == {task.pk}


def test_words_of_the_text_become_filters(viewer):
    response = viewer.get("/", {"q": "status:failed task:shop.tasks.send_email no funds"})
    assert response.status_code == 302
    query = QueryDict(response["Location"].partition("?")[2])
    assert query.dict() == {"status": "failed", "task": "shop.tasks.send_email", "q": "no funds"}


def test_a_pasted_id_leads_straight_to_its_task(viewer):
    task = a_task()
    for text in (str(task.pk), task.pk.hex, f" {task.pk} "):
        assert viewer.get("/", {"q": text})["Location"] == f"/tasks/{task.pk}/"


def test_an_unknown_id_is_looked_for_like_any_text(viewer):
    response = viewer.get("/", {"q": str(uuid4())})
    assert response.status_code == 200
    assert b"Nothing matches these filters" in response.content


@pytest.mark.parametrize("text", ["send_em", "SEND_EMAIL", "order_id=20418", '"order_id": 20418', "no funds", "20418"])
def test_text_is_found_in_task_arguments_and_error(viewer, text):
    one = a_task(Task.FAILED, args='{"order_id": 20418}')
    a_task(Task.COMPLETED, task=CHARGE, args="{}")
    assert shown(viewer.get("/", {"q": text}).content.decode()) == [str(one.pk)]


def test_text_is_never_found_inside_a_secret(viewer):
    a_task(args='{"password": "hunter2", "user": "ada"}')
    assert shown(viewer.get("/", {"q": "hunter2"}).content.decode()) == []
    assert len(shown(viewer.get("/", {"q": "ada"}).content.decode())) == 1


def test_who_may_not_see_arguments_cannot_search_them(client):
    a_task(args='{"order_id": 20418}')
    eva = signed_in(client, operator("eva", "view_task"))
    assert shown(eva.get("/", {"q": "20418"}).content.decode()) == []
    assert len(shown(eva.get("/", {"q": "send_email"}).content.decode())) == 1


def test_percent_and_underscore_are_ordinary_characters(viewer):
    a_task(args='{"rate": "5%"}')
    a_task(args='{"rate": "50"}')
    assert len(shown(viewer.get("/", {"q": "5%"}).content.decode())) == 1


def test_a_search_says_how_far_it_came_and_goes_on(viewer, monkeypatch):
    from dashboard.selectors import search

    monkeypatch.setattr(search, "CHUNKS", (2, 2))
    wanted = a_task(age=500, args='{"needle": 1}')
    for age in range(10, 60, 10):
        a_task(age=age)
    html = viewer.get("/", {"q": "needle"}).content.decode()
    assert shown(html) == []
    assert "Searched back to" in html
    onward = re.search(r'href="(/[^"]*older=[^"]*)"', html)[1].replace("&amp;", "&")
    assert shown(viewer.get(onward).content.decode()) == [str(wanted.pk)]


def test_each_filter_is_a_chip_that_can_be_taken_away(viewer):
    a_task(Task.FAILED)
    html = viewer.get("/", {"status": "failed", "task": SEND, "time": "1h"}).content.decode()
    assert "<i>finished</i> last hour" in html
    assert 'href="/?status=failed&amp;time=1h" aria-label="Remove filter task' in html
