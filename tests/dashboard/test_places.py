"""The pages per task name and per queue: what they say, to whom, and at what cost."""

from __future__ import annotations

import sys
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from dashboard.selectors import flow, trend
from django_simple_queue.models import QueuePause, Task
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, later

pytestmark = pytest.mark.django_db
TASK = "tests.dashboard.shop.charge"
OPTIONS = {"runbook": "https://wiki.example/charge", "queue": "money", "max_attempts": 3, "backoff": [60, 600]}


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: OPTIONS}


def read(client, kind, name, status=200, **query):
    response = client.get(f"/{kind}/{quote(name, safe='')}/", query)
    assert response.status_code == status
    return response.content.decode()


def named(client, path=TASK, **query):
    return read(client, "tasks/named", path, **query)


def test_a_task_that_never_ran_is_described_from_its_signature_and_options(chief):
    html = named(chief)
    for words in ("Charge an invoice.", "invoice_id", "whole number", "up to 3", "60 s", "https://wiki.example/charge"):
        assert words.replace("60 s", "1 min") in html
    assert "It has not run yet." in html
    assert f"/enqueue/?task={TASK}" in html


def test_its_runs_failures_and_times_are_counted(chief):
    for _ in range(3):
        a_task(Task.COMPLETED, task=TASK)
    a_task(Task.FAILED, task=TASK, fingerprint="f" * 16)
    html = named(chief)
    assert "4, of these 1 failed" in html
    assert "CardDeclined" in html
    assert "latest 4 tasks" in html
    assert "1.00 s" in html


def test_a_busy_task_says_that_not_everything_was_counted(chief):
    Task.objects.bulk_create([Task(task=TASK) for _ in range(trend.MOST_IN_A_BAR + 5)])
    counted = f"more than {trend.MOST_IN_A_BAR + 1}"
    assert counted in named(chief)
    assert counted in named(chief, window="7d")


def test_nothing_outside_the_allowlist_is_imported_to_describe_it(chief):
    a_task(task="this.antigravity")
    html = named(chief, "this.antigravity")
    assert "not in the allowlist" in html
    assert "/enqueue/?task=" not in html
    assert "this" not in sys.modules


def test_enqueue_is_offered_to_those_who_may(client, settings):
    signed_in(client, operator("one", "view_task"))
    assert "/enqueue/?task=" not in named(client)


@pytest.mark.parametrize("kind", ["tasks/named", "queues/named"])
@pytest.mark.parametrize("name", ["nobody.knows", "nul\0", "../..", "a/b\nc", "<b>"])
def test_an_unknown_name_is_a_page_in_words(chief, kind, name):
    response = chief.get(f"/{kind}/{quote(name, safe='')}/")
    assert response.status_code == 404
    assert b"<b>" not in response.content


@pytest.mark.parametrize("name", ["a/b", "a b", "line\nend", "<script>alert(1)</script>", "\u202eabc", "%2F", "?x=1#y"])
def test_whatever_somebody_called_a_task_or_a_queue_has_a_page(chief, name):
    task = a_task(task=f"shop.{name}", queue=name)
    html = chief.get(f"/tasks/{task.pk}/").content.decode()
    for kind, value in (("tasks/named", f"shop.{name}"), ("queues/named", name)):
        page = read(chief, kind, value)
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert f'href="/{kind}/' in html


def test_a_queue_says_what_waits_what_flows_and_who_serves_it(chief):
    a_worker(queues="mail, money", host="web-7")
    a_worker(queues="media", host="web-8")
    for _ in range(3):
        a_task(queue="money", age=300)
    a_task(queue="money", **later(60))
    a_task(Task.COMPLETED, queue="money")
    a_task(queue="mail")
    html = read(chief, "queues/named", "money")
    assert "oldest 5 min" in html
    assert "1 for their time" in html
    assert "web-7" in html
    assert "web-8" not in html
    assert "1 worker takes its tasks" in html


def test_a_paused_queue_says_by_whom_and_why(chief):
    QueuePause.objects.create(queue="money", reason="Bank holiday", paused_by="Omar")
    html = read(chief, "queues/named", "money")
    assert "paused by Omar" in html
    assert "Bank holiday" in html


def test_a_paused_queue_and_its_workers_are_said_in_words_that_agree(chief):
    a_worker(queues="money", host="web-7", slots=4)
    assert "would take" not in read(chief, "queues/named", "money")
    QueuePause.objects.create(queue="money", reason="Bank holiday")
    html = read(chief, "queues/named", "money")
    assert "1 worker would take its tasks; it is paused" in html
    assert "1 worker takes its tasks" not in html
    assert "4 slots" in html


def test_the_row_of_a_paused_queue_resumes_it(chief):
    a_worker(host="web-7")
    QueuePause.objects.create(queue="money", reason="Bank holiday")
    html = chief.get("/workers/").content.decode()
    assert "some worker serves every queue" not in html
    assert "1 pause holds tasks back" in html
    row = html[html.index('id="queue-1"') :]
    assert 'id="resume-money"' in row[: row.index("</table>")]


def test_the_head_of_an_open_page_follows_a_pause(chief):
    a_task(queue="money")
    assert "Pause…" in read(chief, "queues/named", "money", live=1)
    QueuePause.objects.create(queue="money", reason="Bank holiday")
    html = read(chief, "queues/named", "money", live=1)
    assert "Paused" in html
    assert "Pause…" not in html


def test_a_queue_that_nobody_serves_says_so(chief):
    a_task(queue="media")
    assert "No worker serves this queue" in read(chief, "queues/named", "media")
    a_worker(state="paused")
    assert "No worker takes its tasks now" in read(chief, "queues/named", "media", more="")


def test_the_flow_of_a_queue_counts_only_its_own_tasks():
    a_task(queue="money")
    a_task(queue="other")
    for name in ("money", "other", "money"):
        a_task(Task.COMPLETED, queue=name)
    a_task(Task.PROGRESS, queue="money")
    found = flow.flow("money", timezone.now())
    assert (found.waiting, found.running, found.scheduled) == (1, 1, 0)
    assert found.going == pytest.approx(2 / 5)
    assert found.coming == pytest.approx(4 / 5)


def test_one_task_that_waits_a_moment_is_no_queue_that_grows(chief):
    a_worker()
    a_task(queue="mail")
    assert "more comes in than goes out" not in read(chief, "queues/named", "mail")
    for _ in range(30):
        a_task(queue="mail")
    assert "more comes in than goes out" in read(chief, "queues/named", "mail")


@pytest.mark.ability(5)
def test_an_estimate_is_made_only_while_more_goes_out_than_comes_in():
    now = timezone.now()
    assert flow.Flow(10, 0, 0, now, coming=1, going=5).seconds_for(10) == 120
    assert flow.Flow(10, 0, 0, now, coming=5, going=5).seconds_for(10) is None


def test_the_place_in_the_line_is_the_one_of_the_claim():
    moment = timezone.now() - timedelta(minutes=1)
    rows = [a_task(run_after=moment + timedelta(seconds=number)) for number in range(3)]
    first = a_task(priority=5)
    assert [flow.flow("default", moment, row).ahead for row in (first, *rows)] == [0, 1, 2, 3]


PAGES = pytest.mark.parametrize("address", [f"/tasks/named/{TASK}/", "/queues/named/money/"])


@PAGES
def test_a_page_is_live_and_unchanged_for_some_seconds(chief, address):
    task = a_task(task=TASK, queue="money")
    answer = chief.get(address, {"live": 1})
    assert str(task.pk) in answer.content.decode()
    assert "<html" not in answer.content.decode()
    unchanged = chief.get(address, {"live": 1}, headers={"HX-PTag": answer["HX-PTag"]})
    assert unchanged.status_code == 304
    chief.post(f"/tasks/{task.pk}/cancel/")
    changed = chief.get(address, {"live": 1}, headers={"HX-PTag": answer["HX-PTag"]})
    assert "Cancelled" in changed.content.decode()


@PAGES
def test_a_page_takes_few_queries(chief, address):
    a_worker()
    for status in (Task.QUEUED, Task.PROGRESS, Task.COMPLETED, Task.FAILED) * 3:
        a_task(status, task=TASK, queue="money")
    for query in ({}, {"live": 1}):
        with few_statements():
            assert chief.get(address, query).status_code == 200
