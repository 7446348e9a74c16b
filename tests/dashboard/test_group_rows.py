"""A row of the table of failures is rendered once for all who see the same, and is never another reader's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import charts, shared
from dashboard.selectors import fingerprints
from django_simple_queue.models import Task
from tests.dashboard.failing import MAIL, PAY, URL, decide, failed
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_allowlist")]
ROW = "simple_queue_dashboard/_failures_row.html"
PERMISSIONS = ("view_task", "view_task_payload", "requeue_task")


@pytest.fixture
def rendered(monkeypatch):
    """How often a row was rendered."""
    made = []
    render = shared.rendered
    monkeypatch.setattr(shared, "rows", shared.Regions())
    monkeypatch.setattr(shared, "rendered", lambda name, *more: made.append(name) or render(name, *more))
    return lambda: made.count(ROW)


def judge(name, *permissions):
    return signed_in(Client(), operator(name, "change_failuregroup", *permissions))


def page(client, query=""):
    return client.get(URL + query).content.decode()


def tokens(html):
    return set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', html))


def test_two_who_see_the_same_share_the_rows_but_no_token(rendered):
    failed()
    failed(MAIL)
    ada, eva = judge("ada", *PERMISSIONS), judge("eva", *PERMISSIONS)
    hers, other = page(ada), page(eva)
    assert rendered() == 2
    assert len(tokens(hers)) == 1
    assert tokens(hers).isdisjoint(tokens(other))
    assert shared.TOKEN not in hers + other


def test_the_token_of_a_shared_row_is_accepted(rendered):
    failed()
    page(judge("ada", *PERMISSIONS))
    eva = signed_in(Client(enforce_csrf_checks=True), operator("eva", "change_failuregroup", *PERMISSIONS))
    [token] = tokens(page(eva))
    response = eva.post(f"{URL}{PAY}/ignore/", {"csrfmiddlewaretoken": token, "seen": "", "decision": ""})
    assert response.status_code == 302


@pytest.mark.parametrize("missing", PERMISSIONS[1:])
def test_another_permission_is_another_row(rendered, missing):
    failed(error="planted.CardDeclined: planted text")
    pages = page(judge("ada", *PERMISSIONS)), page(judge("eva", *(set(PERMISSIONS) - {missing})))
    assert rendered() == 2
    every, less = (html.count("planted text") + html.count(f"{PAY}/requeue") for html in pages)
    assert every > less


def test_a_row_changes_with_its_group_and_with_the_page_that_it_leads_back_to(rendered):
    failed(hours=2)
    ada = judge("ada", *PERMISSIONS)
    first = page(ada)
    assert (page(ada).count("<tr"), rendered()) == (first.count("<tr"), 1)
    page(ada, "?task=")
    assert rendered() == 2
    failed(hours=1)
    page(ada)
    assert rendered() == 3
    decide(ada, "resolve", page(ada))
    page(ada, "?state=resolved")
    failed(hours=-0.001)
    assert ">returned<" in page(ada)
    assert rendered() == 5


def test_a_row_carries_the_latest_decision(rendered):
    failed(hours=2)
    ada = judge("ada", *PERMISSIONS)
    page(ada)
    decide(ada, "ignore", page(ada))
    decide(ada, "reopen", page(ada, "?state=ignored"))
    assert re.findall(r'name="decision" value="([^"@]*)@', page(ada)) == ["open"]


def test_failures_of_a_week_are_counted_by_the_hour_of_its_last_day_only():
    for hours in (0.5, 2.5, 23.5, 24.5, 100, 167):
        failed(hours=hours)
    [counted] = fingerprints.numbers([PAY], timezone.now()).values()
    assert dict(counted.ages) == {0: 1, 2: 1, 23: 1, 24: 3}
    assert [counted.within(hours) for hours in (1, 3, 24, 168)] == [1, 2, 3, 6]
    assert not any(counted.at_least(hours) for hours in (1, 3, 24, 168))


def test_more_than_is_counted_of_a_week_leaves_the_last_day_exact(monkeypatch):
    monkeypatch.setattr(fingerprints, "MOST_COUNTED", 0)
    now = timezone.now()
    columns = {"task": CHARGE, "status": Task.FAILED, "fingerprint": PAY, "finished": now - timedelta(hours=30)}
    Task.objects.bulk_create(Task(**columns) for _ in range(505))
    failed(hours=2)
    [counted] = fingerprints.numbers([PAY], now).values()
    assert [(counted.within(hours), counted.at_least(hours)) for hours in (24, 168)] == [(1, False), (501, True)]


def test_bars_of_nothing_are_an_outline_of_their_own():
    drawn = charts.bars([0, 4, 0, 2])
    assert drawn.some == "M30 24v-24h28.8v24zM90 24v-12h28.8v12z"
    assert drawn.none == "M0 24v-1.5h28.8v1.5zM60 24v-1.5h28.8v1.5z"
