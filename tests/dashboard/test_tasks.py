"""The list of tasks: what a row shows, and the numbers above it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from dashboard.formats import capped
from dashboard.selectors import scalars, search, snapshot
from dashboard.selectors import tasks as selector
from django_simple_queue.models import Task
from django_simple_queue.redaction import visible
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, a_task, a_worker, later, page, row_of, shown

pytestmark = pytest.mark.django_db


def test_an_empty_queue_says_how_to_begin(viewer):
    html = page(viewer)
    assert "No tasks yet" in html
    assert "create_task(" in html
    assert "No worker is running" in html


def test_nothing_needs_you_while_all_is_well(viewer):
    a_worker()
    a_task(Task.COMPLETED)
    assert "Nothing needs you." in page(viewer)


def test_a_dead_fleet_is_told_with_the_command(viewer):
    a_worker(alive=False)
    a_task(age=600)
    html = page(viewer)
    assert "No worker is running" in html
    assert "1 task waits, the oldest for 10 min" in html
    assert "python manage.py task_worker" in html
    assert 'class="kpi is-failed" id="tile-workers"' in html


def test_waiting_tasks_and_failures_are_told(viewer):
    a_worker()
    a_task(age=900)
    for _ in range(4):
        a_task(Task.FAILED)
    html = page(viewer)
    assert "1 tasks wait" not in html
    assert "1 task waits, the oldest for 15 min" in html
    assert "4 of 4 runs failed in the last 15 min" in html


def test_tiles_are_neutral_until_a_threshold_breaks(viewer):
    a_worker()
    a_task(Task.COMPLETED)
    assert not re.search(r'class="kpi is-\w+"', page(viewer))


@pytest.mark.ability(6)
def test_counts_stop_and_say_so(viewer):
    tasks = [a_task(Task.COMPLETED) for _ in range(3)]
    assert scalars.ask({"all": scalars.capped_count(Task.objects.all(), 1)}) == {"all": 2}
    assert scalars.ask({"all": scalars.capped_count(Task.objects.all())}) == {"all": len(tasks)}
    assert capped(10_001) == "10\u202f000+"


def test_a_row_shows_arguments_error_attempt_and_worker(viewer):
    worker = a_worker()
    task = a_task(Task.FAILED, worker=worker.pk, attempt=3, max_attempts=3, args='{"to": "a@b.c", "password": "x"}')
    row = row_of(page(viewer), task)
    assert "<i>to=</i>&quot;a@b.c&quot;" in row
    assert "[redacted]" in row
    assert ">CardDeclined: no funds</a>" in row
    assert 'title="billing.CardDeclined: no funds"' in row
    assert "at-max" in row
    assert "web-1:2117" in row


def test_the_class_of_an_error_is_not_taken_for_a_secret(viewer, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"secret_args": ["card"]}}
    task = a_task(Task.FAILED, task=CHARGE, args='{"card": "4111"}', error="billing.CardDeclined: no funds, card=4111")
    row = row_of(page(viewer), task)
    assert ">CardDeclined: no funds, card=[redacted]</a>" in row
    html = viewer.get(f"/tasks/{task.pk}/").content.decode()
    assert "<b><i><bdi>billing.</bdi></i>CardDeclined</b>: no funds, card=[redacted]" in html


def test_tasks_handed_out_ahead_do_not_fill_slots_that_do_not_exist(viewer):
    worker = a_worker(slots=2)
    for _ in range(5):
        a_task(Task.PROGRESS, worker=worker.pk)
    tile = page(viewer).partition('id="tile-progress"')[2].partition("</a>")[0]
    assert '<span class="kpi-value">2</span>' in tile
    assert "of 2 slots, 3 handed out ahead" in tile


def test_an_empty_tab_says_what_is_not_there(viewer):
    a_task(Task.COMPLETED)
    assert "No task is in progress" in page(viewer, "status=progress")


def test_a_row_shows_progress(viewer):
    worker = a_worker()
    task = a_task(Task.PROGRESS, worker=worker.pk, progress=62, progress_message="3 of 5")
    row = row_of(page(viewer), task)
    assert '<progress value="62" max="100"' in row
    assert "62 % · 3 of 5" in row


def test_a_row_without_a_live_worker_is_stalled_and_may_be_marked_failed(viewer):
    task = a_task(Task.PROGRESS, worker=a_worker(alive=False).pk)
    row = row_of(page(viewer), task)
    assert "Stalled" in row
    assert f"/tasks/{task.pk}/mark-failed/" in row


def test_a_retrying_row_says_when_and_why(viewer):
    task = a_task(attempt=1, epoch=1, max_attempts=3, error="E\n\nlast line", **later(30))
    row = row_of(page(viewer, "status=retrying"), task)
    assert "Retrying" in row
    assert re.search(r"attempt 2 of 3\s+<time[^>]*>in \d+ s</time>\s+· last line", row)
    assert f"/tasks/{task.pk}/start-now/" in row


def test_who_may_not_see_the_payload_sees_none_of_it(client):
    task = a_task(Task.FAILED, args='{"order_id": 20418}')
    html = page(signed_in(client, operator("eva", "view_task")))
    assert "20418" not in html
    assert "no funds" not in html
    assert "billing.CardDeclined" in row_of(html, task)


def test_who_may_not_act_sees_no_buttons(client):
    a_task(Task.FAILED)
    a_task()
    html = page(signed_in(client, operator("eva", "view_task")))
    assert "requeue/" not in html.partition("<tbody")[2]
    assert "cancel/" not in html.partition("<tbody")[2]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7|add:7 }}", "\u202eevil"])
def test_what_a_task_says_is_only_text(viewer, text):
    a_task(Task.FAILED, task=f"shop.{text}"[:255], error=text, queue="x", args='{"' + text.replace('"', "") + '": 1}')
    html = re.sub(r' value="[^"]*"', "", page(viewer))  # what is sent back is sent as it is
    assert escape(visible(text)) in html
    assert not any(alive in html for alive in ("<script>alert", "<img src=x", "\u202e", "shop.14"))


def test_long_arguments_and_errors_stay_behind(viewer):
    task = a_task(Task.FAILED, args='{"x": "' + "y" * 100_000 + '"}', error="z" * 100_000)
    html = page(viewer)
    assert len(html) < 60_000
    assert "characters of arguments" in row_of(html, task)


@pytest.mark.ability(7)
def test_a_slow_database_leaves_the_page_usable(viewer, monkeypatch):
    from dashboard.deadline import TookTooLong

    def slow(*args):
        raise TookTooLong

    a_task()
    monkeypatch.setattr(selector, "found", slow)
    html = page(viewer)
    assert "This took too long" in html
    assert 'id="filters"' in html


def test_missing_numbers_are_told_and_not_invented(viewer, monkeypatch):
    from dashboard.deadline import TookTooLong

    def slow(now):
        raise TookTooLong

    monkeypatch.setattr(snapshot, "picture", slow)
    task = a_task()
    html = page(viewer)
    assert "The numbers are missing" in html
    assert shown(html) == [str(task.pk)]
    assert 'class="n"' not in html


def test_a_walk_for_what_is_rare_costs_few_statements_in_one_deadline(viewer, monkeypatch):
    monkeypatch.setattr(search, "FIRST_CHUNK", 7)
    for _ in range(40):
        a_task(Task.FAILED)
    page(viewer)
    with few_statements(9), CaptureQueriesContext(connection) as asked:
        assert "Nothing matches" in page(viewer, "status=failed&queue=nowhere")
    assert sum("jit = off" in each["sql"] for each in asked) == (connection.vendor == "postgresql")


@pytest.mark.parametrize("query", ["", "status=failed", "time=24h&queue=default", "q=nothing", "rows=100"])
def test_a_page_costs_few_statements_and_bytes(client, query):
    eva = signed_in(client, operator("eva", "view_task", "view_task_payload", "requeue_task", "cancel_task"))
    for number in range(120):
        a_task(number % 5, args='{"note": "' + "x" * 200 + '"}')
    page, poll = f"/?{query}", f"/?{query}&live=1&top=2020-01-01 00:00:00~00000000-0000-0000-0000-000000000000"
    eva.get(page)
    for address in (page, poll):
        snapshot.memory.forget()
        with CaptureQueriesContext(connection) as asked:
            response = eva.get(address)
        assert sum(each["sql"].startswith("SELECT") for each in asked) <= 12
        assert len(response.content) < 190_000
