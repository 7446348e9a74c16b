"""Acting on all tasks that match: said first, then done, at once or by the workers; the numbers add up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db.models.functions import Now
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from dashboard import filters, many, preflight, scopes
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import background, perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, later, status_of

pytestmark = pytest.mark.django_db
REQUEUE, CANCEL = "/tasks/matching/requeue/", "/tasks/matching/cancel/"
TYPED = "tests.dashboard.shop.charge"


@pytest.fixture
def ada(client):
    return signed_in(client, operator("ada", superuser=True))


@pytest.fixture
def small(monkeypatch):
    """More than three rows are left to the workers."""
    monkeypatch.setattr(many, "MAX_ROWS", 3)
    monkeypatch.setattr(preflight, "MAX_ROWS", 3)


def said(response):
    return str(list(get_messages(response.wsgi_request))[-1])


def fields_of(page):
    """What the form of a question carries."""
    html = page.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)) | {"repeat": "yes"}


def ask(client, url=REQUEUE, query="status=failed", **values):
    page = client.post(url, {"query": query, **values})
    assert page.status_code == 200
    return page


def confirm(client, page, url=REQUEUE, **values):
    return client.post(url, fields_of(page) | values)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))


def workers_do_the_rest():
    for _ in range(50):
        if not background.drive():
            return


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
        assert "Requeue 1 tasks?" in text_of(ask(ada, mark=mark))


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
        "1 are never to be repeated",
        "1 no longer fit the signature",
        "1 cannot be imported any more",
        "1 are not in the allowlist any more",
        "1 of them may have taken effect already",
        "Only the 1 others",
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
    assert "1 were already requeued by omar" in text_of(page)
    response = confirm(ada, page)
    assert said(response) == "Requeued 2 of 3: 1 already requeued by omar."


def test_the_second_click_of_a_double_click_is_told_what_the_first_did(ada):
    a_task(Task.FAILED)
    page = ask(ada)
    first, second = confirm(ada, page), confirm(ada, page)
    assert said(first) == said(second) == "Requeued 1 of 1."
    assert OperatorAction.objects.count() == 1


def test_many_are_left_to_the_workers_and_watched_on_a_page(ada, small):
    tasks = [a_task(Task.FAILED) for _ in range(5)]
    page = ask(ada)
    assert "The workers do it, batch by batch" in text_of(page)
    assert "No worker is running now" in text_of(page)
    response = confirm(ada, page)
    action = OperatorAction.objects.get()
    assert response["Location"] == f"/activity/{action.pk}/"
    shown = ada.get(response["Location"])
    assert "is requeueing 5 tasks" in text_of(shown)
    assert "No worker is running, so this stands still" in text_of(shown)
    workers_do_the_rest()
    a_worker()
    assert {status_of(task) for task in tasks} == {Task.QUEUED}
    done = text_of(ada.get(response["Location"]))
    assert "requeued 5 tasks" in done
    assert "5 of 5" in done


def test_with_scripts_the_page_goes_to_the_action(ada, small):
    for _ in range(4):
        a_task(Task.FAILED)
    page = ada.post(REQUEUE, {"query": "status=failed"}, headers={"HX-Request": "true"})
    assert page["HX-Retarget"] == "#dialog"
    response = ada.post(REQUEUE, fields_of(page) | {"confirm": "yes"}, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"/activity/{OperatorAction.objects.get().pk}/"


@pytest.mark.ability(1)
def test_an_action_is_stopped_from_its_page_and_undone_with_its_remainder(ada, small):
    tasks = [a_task(Task.FAILED, age=100 - n) for n in range(6)]
    confirm(ada, ask(ada))
    action = OperatorAction.objects.get()
    background.go_on(action.pk, "", 4)
    assert "Stopped" in said(ada.post(f"/activity/{action.pk}/abort/"))
    assert "ended already" in said(ada.post(f"/activity/{action.pk}/abort/"))
    page = text_of(ada.get(f"/activity/{action.pk}/"))
    assert "2 not reached" in page
    assert "Stopped by ada." in page
    Task.objects.filter(pk=tasks[0].pk).update(status=Task.PROGRESS, epoch=9)
    response = ada.post(f"/activity/{action.pk}/undo/")
    assert said(response) == "Undone 3; 1 had already started."
    assert "1 had already started" in text_of(ada.get("/activity/"))


def test_a_big_undo_is_left_to_the_workers(ada, monkeypatch):
    tasks = [a_task(Task.FAILED) for _ in range(3)]
    confirm(ada, ask(ada))
    monkeypatch.setattr("django_simple_queue.models.audit.undoing.MAX_ROWS", 2)
    action = OperatorAction.objects.get()
    response = ada.post(f"/activity/{action.pk}/undo/")
    assert said(response) == "Undoing 3 tasks; the workers do it, batch by batch."
    assert "Undoing: 0 of 3" in text_of(ada.get(f"/activity/{action.pk}/"))
    workers_do_the_rest()
    assert {status_of(task) for task in tasks} == {Task.FAILED}


def test_each_outcome_leads_to_the_tasks_that_it_counts(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}, TYPED: {}}
    done = a_task(Task.FAILED)
    unfit = a_task(Task.FAILED, task=TYPED, args='{"number": 1}')
    confirm(ada, ask(ada))
    action = OperatorAction.objects.get()
    pages = {name: ada.get(f"/activity/{action.pk}/?outcome={name}").content.decode() for name in ("done", "unfit")}
    links = {name: re.findall(r'<a class="task" href="/tasks/([0-9a-f-]{36})/"', html) for name, html in pages.items()}
    assert links == {"done": [str(done.pk)], "unfit": [str(unfit.pk)]}


def test_a_cancel_of_all_matching_asks_about_those_that_run(ada):
    waiting, scheduled = a_task(), a_task(**later(60))
    running = a_task(Task.PROGRESS, worker=a_worker().pk)
    page = ask(ada, CANCEL, "")
    assert "Cancel 3 tasks?" in text_of(page)
    assert "1 of them are running" in text_of(page)
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


def test_what_a_task_demands_is_frozen_when_the_action_starts(settings, small):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "auth.change_user"}, CHARGE: {}}
    eva = operator("eva", "view_task", "requeue_task")
    for path in (SEND, CHARGE) * 2:
        a_task(Task.FAILED, task=path)
    client = signed_in(Client(), eva)
    confirm(client, ask(client))
    eva.is_superuser = True
    eva.save()
    workers_do_the_rest()
    assert OperatorAction.objects.get().outcomes == {"done": 2, "not_permitted": 2}


def test_the_mark_is_the_database_s_clock(ada):
    a_task()
    database = Task.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    assert abs(scopes.mark() - database) < timedelta(seconds=5)
