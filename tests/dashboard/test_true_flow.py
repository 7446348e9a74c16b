"""How fast a queue fills and empties is measured over the time that was looked at, and is the same on every page."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from dashboard.formats import CAP
from dashboard.selectors import attention, flow, queues, rates, snapshot
from django_simple_queue.models import Task
from tests.dashboard.queue import SEND, a_task, a_worker, later, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(monkeypatch):
    """Two queues, each with 30 in and 50 out a minute for five minutes, of which the latest minute and more is read."""
    a_worker()
    monkeypatch.setattr(rates, "SAMPLE", 120)
    now = timezone.now()
    ended = [row(queue, now, 60 / 50 * n, status=Task.COMPLETED) for n in range(250) for queue in "ab"]
    waiting = [row(queue, now, 2.0 * n) for n in range(150) for queue in "ab"]
    Task.objects.bulk_create(ended + waiting)
    for task in ended + waiting:
        created = task.run_after if task.status == Task.QUEUED else now - timedelta(hours=2)
        Task.objects.filter(pk=task.pk).update(created=created)
    return now


def row(queue, now, age, status=Task.QUEUED):
    moment = now - timedelta(seconds=age)
    ended = {"started": moment, "finished": moment} if status == Task.COMPLETED else {}
    return Task(task=SEND, queue=queue, status=status, run_after=moment, **ended)


def test_a_full_sample_is_measured_over_the_time_that_it_took(busy):
    found = flow.flow("a", busy)
    assert (found.coming, found.going) == (pytest.approx(30, rel=0.05), pytest.approx(50, rel=0.05))
    assert found.went_within < timedelta(minutes=2)


def test_every_page_says_the_same_of_a_queue(busy):
    line = next(each for each in queues.fleet([], busy)[1].lines if each.name == "a")
    found = flow.flow("a", busy)
    assert (line.came, line.went) == (found.coming, found.going)


def test_a_queue_that_shrinks_is_not_said_to_grow(busy, chief):
    assert not [each for each in attention.sentences(snapshot.take()) if "grows" in each.title]
    html = chief.get("/queues/named/a/").content.decode()
    assert "more comes in than goes out" not in html
    assert "over the last 5 min" not in html
    assert "empty in about" in html


def scheduled(count, queue, minutes):
    due = timezone.now() + timedelta(minutes=minutes)
    Task.objects.bulk_create([Task(task=SEND, queue=queue, run_after=due, due=False) for _ in range(count)])


def test_what_waits_for_its_time_behind_many_others_is_not_told_as_nothing(monkeypatch, chief):
    monkeypatch.setattr(flow, "CAP", 10)
    scheduled(11, "b", 1)
    scheduled(5, "a", 60)
    now = timezone.now()
    assert flow.flow("a", now).scheduled_words == "scheduled: too many in all queues to count"
    assert flow.flow("b", now).scheduled_words == "10+ for their time"
    Task.objects.filter(queue="b").delete()
    assert flow.flow("a", now).scheduled_words == "5 for their time"
    assert flow.flow("b", now).scheduled_words == ""
    assert "5 for their time" in chief.get("/queues/named/a/").content.decode()


def test_the_number_that_waits_in_a_queue_is_that_of_the_list_it_opens(chief):
    a_worker()
    again = {"attempt": 1, "epoch": 1, "max_attempts": 3}
    for columns in ({}, {}, again, again, later(60)):
        a_task(queue="mail", **columns)
    Task.objects.filter(pk=a_task(queue="mail").pk).update(due=False)  # its time has come, no worker has seen to it
    html = chief.get("/queues/named/mail/").content.decode()
    link, told = re.search(r'href="(/\?status=queued[^"]*)".*?kpi-value">([^<]*)<', html, re.DOTALL).groups()
    assert told == "3"
    assert len(shown(chief.get(unescape(link)).content.decode())) == 3
    note = " ".join(html.partition("kpi-value")[2].partition("</a>")[0].split())
    assert "2 more to retry · 1 for their time" in note
    assert re.search(r'class="link" href="/queues/named/mail/">4<', chief.get("/workers/").content.decode())


def test_what_no_worker_has_seen_to_waits_since_its_time_came(chief):
    Task.objects.filter(pk=a_task(queue="mail").pk).update(due=False, run_after=timezone.now() - timedelta(minutes=3))
    html = chief.get("/queues/named/mail/").content.decode().partition("kpi-value")[2].partition("</a>")[0]
    assert html.startswith('">1<')
    assert "oldest 3 min" in html
    assert "nothing waits" not in html


def test_a_number_of_more_than_are_counted_says_so():
    found = flow.Flow(CAP + 1, 0, 0, None, coming=1, going=1, again=4000)
    assert found.queued_words == "6\N{NARROW NO-BREAK SPACE}001+"
