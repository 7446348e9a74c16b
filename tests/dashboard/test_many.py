"""Acting on all tasks that match: said first, then done; the numbers add up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters, preflight, scopes
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import perform
from tests.dashboard.answers import said, text_of
from tests.dashboard.asking import CANCEL, REQUEUE, ask, confirm, fields_of
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, later, status_of

pytestmark = pytest.mark.django_db
TYPED = "tests.dashboard.shop.charge"


def test_the_question_says_how_many_will_move_and_the_answer_moves_them(ada):
    failed = [a_task(Task.FAILED) for _ in range(3)]
    a_task(Task.COMPLETED)
    page = ask(ada, count="3")
    assert "Requeue 3 tasks?" in text_of(page)
    assert "3 can run again" in text_of(page)
    assert {status_of(task) for task in failed} == {Task.FAILED}
    response = confirm(ada, page, reason="gateway is back")
    assert said(response) == "Requeued 3 of 3."
    assert {status_of(task) for task in failed} == {Task.QUEUED}
    action = OperatorAction.objects.get()
    assert (action.reason, action.expected, action.outcomes) == ("gateway is back", 3, {"done": 3})
    assert action.scope == "failed"
    assert action.scope_filter["query"] == "status=failed"


@pytest.mark.ability(2)
def test_what_arrives_after_the_list_was_shown_is_told_and_left_alone(ada):
    a_task(Task.FAILED)
    mark = scopes.mark()
    late = a_task(Task.FAILED)
    Task.objects.filter(pk=late.pk).update(modified=mark + timedelta(seconds=1))
    page = ask(ada, mark=mark.isoformat())
    assert "1 arrived since; not included" in text_of(page)
    confirm(ada, page)
    assert status_of(late) == Task.FAILED


def test_a_mark_in_the_future_or_none_is_now(ada):
    a_task(Task.FAILED)
    for mark in ("2999-01-01T00:00:00+00:00", "nonsense", "2026-13-45T00:00:00", ""):
        assert "Requeue 1 task?" in text_of(ask(ada, mark=mark))


@pytest.mark.parametrize(
    ("query", "since"),
    [("time=1h", 3600), ("since=1h", 3600), ("time=3h&since=1h", 3600), ("time=1h&since=3h", 3600)],
)
def test_times_are_relative_to_the_moment_that_the_list_was_shown(query, since):
    shown = timezone.now() - timedelta(minutes=10)
    frozen = scopes.freeze(filters.read(QueryDict(f"status=failed&{query}")), shown, payload=True)
    first = shown - timedelta(seconds=since)
    inside, _ = (a_task(Task.FAILED, finished=first + timedelta(seconds=step)) for step in (1, -1))
    Task.objects.update(modified=shown - timedelta(seconds=1))
    assert set(frozen.rows("requeue").values_list("pk", flat=True)) == {inside.pk}
    assert QueryDict(frozen.query)["since"] == first.isoformat()


def test_an_absolute_time_stays_where_it_is_beside_a_period():
    shown = timezone.now() - timedelta(minutes=10)
    bound = shown - timedelta(minutes=30)
    query = QueryDict(mutable=True)
    query.update({"status": "failed", "time": "24h", "since": bound.isoformat()})
    frozen = scopes.freeze(filters.read(query), shown, payload=True)
    inside, _ = (a_task(Task.FAILED, finished=bound + timedelta(seconds=step)) for step in (1, -1))
    Task.objects.update(modified=shown - timedelta(seconds=1))
    assert set(frozen.rows("requeue").values_list("pk", flat=True)) == {inside.pk}
    assert QueryDict(frozen.query)["since"] == bound.isoformat()


@pytest.mark.ability(2)
def test_relative_times_become_absolute(ada):
    recent, old = a_task(Task.FAILED), a_task(Task.FAILED, finished=timezone.now() - timedelta(hours=3))
    page = ask(ada, query="status=failed&time=1h&older=x&rows=50")
    assert re.search(r"^status=failed&since=20\d\d", fields_of(page)["query"].replace("&amp;", "&"))
    values = {**fields_of(page), "query": fields_of(page)["query"].replace("&amp;", "&")}
    ada.post(REQUEUE, values)
    assert (status_of(recent), status_of(old)) == (Task.QUEUED, Task.FAILED)


@pytest.mark.ability(11)
def test_the_preflight_counts_what_would_be_left_alone(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}, CHARGE: {"rerun": "never"}, TYPED: {}, "shop.gone": {}}
    a_task(Task.FAILED)
    a_task(Task.FAILED, task=CHARGE)
    a_task(Task.FAILED, task=TYPED, args='{"number": 1}')
    a_task(Task.FAILED, task="shop.gone")
    a_task(Task.FAILED, task="shop.not_listed")
    lost = a_task(Task.FAILED)
    Attempt.objects.create(task=lost, epoch=1, attempt=1, outcome="lost")
    page = ask(ada)
    for words in (
        "Requeue 2 tasks?",
        "2 can run again",
        "1 is never to be repeated",
        "1 no longer fits the signature",
        "1 cannot be imported any more",
        "1 is not in the allowlist any more",
        "1 of them may have taken effect already",
        "Only the other one",
    ):
        assert words in text_of(page), words
    response = confirm(ada, page, repeat="no")
    assert said(response).startswith("Requeued 1 of 6: ")
    assert status_of(lost) == Task.FAILED
    assert sum(OperatorAction.objects.get().outcomes.values()) == 6


def test_who_has_requeued_them_already_is_told(ada):
    tasks = [a_task(Task.FAILED) for _ in range(3)]
    mark = scopes.mark() - timedelta(seconds=1)
    Task.objects.update(modified=mark)
    perform("requeue", Task.objects.filter(pk=tasks[0].pk), "omar")
    page = ask(ada, mark=mark.isoformat(), count="3")
    assert "1 was already requeued by omar" in text_of(page)
    response = confirm(ada, page)
    assert said(response) == "Requeued 2 of 3: 1 already requeued by omar."


def test_the_second_click_of_a_double_click_is_told_what_the_first_did(ada):
    a_task(Task.FAILED)
    page = ask(ada)
    first, second = confirm(ada, page), confirm(ada, page)
    assert said(first) == said(second) == "Requeued 1 of 1."
    assert OperatorAction.objects.count() == 1


def test_each_outcome_leads_to_the_tasks_that_it_counts(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}, TYPED: {}}
    done = a_task(Task.FAILED)
    unfit = a_task(Task.FAILED, task=TYPED, args='{"number": 1}')
    confirm(ada, ask(ada))
    action = OperatorAction.objects.get()
    pages = {name: ada.get(f"/activity/{action.pk}/?outcome={name}").content.decode() for name in ("done", "unfit")}
    link = re.compile(r'<a\s+class="task"\s+href="/tasks/([0-9a-f-]{36})/"')
    links = {name: link.findall(html) for name, html in pages.items()}
    assert links == {"done": [str(done.pk)], "unfit": [str(unfit.pk)]}


def test_a_cancel_of_all_matching_asks_about_those_that_run(ada):
    waiting, scheduled = a_task(), a_task(**later(60))
    running = a_task(Task.PROGRESS, worker=a_worker().pk)
    page = ask(ada, CANCEL, "")
    assert "Cancel 3 tasks?" in text_of(page)
    assert "1 of them is running" in text_of(page)
    response = confirm(ada, page, CANCEL, repeat="no")
    assert said(response) == "Cancelled 2 of 3: 1 running."
    assert [status_of(task) for task in (waiting, scheduled, running)] == [4, 4, 1]


def test_a_text_cannot_be_frozen_so_what_is_found_is_taken(ada, monkeypatch):
    hits = [a_task(Task.FAILED, args='{"order_id": 48213}') for _ in range(3)]
    other = a_task(Task.FAILED)
    monkeypatch.setattr(scopes, "MOST_FOUND", 50)
    page = ask(ada, query="status=failed&q=48213")
    assert "Requeue 3 tasks?" in text_of(page)
    assert "found" in fields_of(page)
    confirm(ada, page)
    assert [status_of(task) for task in (*hits, other)] == [0, 0, 0, 3]


def test_a_filter_that_is_not_valid_changes_nothing(ada):
    task = a_task(Task.FAILED)
    response = ada.post(REQUEUE, {"query": "status=nonsense", "confirm": "yes"})
    assert said(response).endswith("Nothing done.")
    assert status_of(task) == Task.FAILED


def test_nothing_that_can_move_is_said(ada):
    a_task(Task.COMPLETED)
    page = ask(ada, query="status=completed")
    assert "Nothing here can be requeued" in text_of(page)
    assert b'name="repeat"' not in page.content


def test_a_sample_is_said_to_be_one(ada, monkeypatch):
    monkeypatch.setattr(preflight, "ROWS", 2)
    for _ in range(6):
        a_task(Task.FAILED)
    page = text_of(ask(ada))
    assert "Requeue about 6 tasks?" in page
    assert "the newest 2 of 6 were looked at" in page


def test_where_not_all_can_be_counted_only_what_was_looked_at_is_a_part_of_that(ada, monkeypatch):
    monkeypatch.setattr(preflight, "counted", lambda scope, verb: None)
    mark = scopes.mark()
    for seconds in (-1, -1, -1, 1):
        Task.objects.filter(pk=a_task(Task.FAILED).pk).update(modified=mark + timedelta(seconds=seconds))
    page = text_of(ask(ada, mark=mark.isoformat()))
    assert "3 of 3 can run again" in page
    assert " 1 arrived since; not included" in page
    assert "of 3 arrived" not in page


def test_a_single_task_whose_arguments_no_longer_fit_is_refused_with_the_way_out(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TYPED: {}}
    task = a_task(Task.FAILED, task=TYPED, args='{"number": "s3cret"}')
    response = ada.post(f"/tasks/{task.pk}/requeue/", {"next": "/"})
    assert said(response) == (
        "Its arguments no longer fit charge: missing a required argument: 'invoice_id'. Nothing done."
    )
    assert f'href="/enqueue/?from={task.pk}"' in ada.get("/").content.decode()
    assert status_of(task) == Task.FAILED


@pytest.mark.ability(11)
def test_a_single_task_that_cannot_be_imported_is_refused(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.retired": {}}
    task = a_task(Task.FAILED, task="shop.tasks.retired")
    assert "shop.tasks.retired cannot be imported" in said(ada.post(f"/tasks/{task.pk}/requeue/"))
    assert status_of(task) == Task.FAILED


def test_the_mark_is_the_database_s_clock(ada):
    a_task()
    database = Task.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    assert abs(scopes.mark() - database) < timedelta(seconds=5)
