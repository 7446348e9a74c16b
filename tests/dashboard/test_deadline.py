"""Statements that take too long: they are ended, the page says so, and nested limits hold."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from django.db import connection

from dashboard import access, export, preflight, scopes
from dashboard.deadline import TookTooLong, deadline
from dashboard.selectors import outlook
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.postgres]
COUNTING = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT MAX(i) FROM n"
ENDLESS = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) SELECT MAX(i) FROM n",
    "postgresql": "SELECT PG_SLEEP(60)",
}


def ask_for_ever() -> None:
    ask(ENDLESS[connection.vendor])


def ask(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def ask_often() -> None:
    for _ in range(100_000):
        ask("SELECT 1")


def test_a_statement_that_takes_too_long_is_ended():
    with pytest.raises(TookTooLong, match=r"0\.1 s"), deadline(0.1):
        ask_for_ever()


def test_after_an_inner_limit_the_outer_one_holds_again():
    with pytest.raises(TookTooLong), deadline(0.2):
        with deadline(0.1):
            pass
        ask_for_ever()


def test_an_inner_limit_allows_no_more_than_the_outer_one():
    with pytest.raises(TookTooLong, match=r"0\.1 s"), deadline(0.1), deadline(60):
        ask_for_ever()


def test_a_limit_for_each_statement_does_not_hold_for_all_of_them():
    with deadline(0.5, altogether=60):
        began = time.monotonic()
        while time.monotonic() < began + 0.6:
            ask(COUNTING)
    with pytest.raises(TookTooLong), deadline(0.1, altogether=60):
        ask_for_ever()


def test_many_statements_that_are_each_in_time_end_too(rf, monkeypatch):
    monkeypatch.setattr(access, "SECONDS_OF_A_PAGE", 0.2)
    with pytest.raises(TookTooLong, match="altogether"), access.in_time(rf.get("/activity/")):
        ask_often()


def test_a_block_that_is_over_leaves_the_database_usable():
    with deadline(60, altogether=0.2), suppress(TookTooLong), deadline(60):
        ask_often()
    assert Task.objects.count() == 0


def test_a_page_that_took_too_long_says_so_and_is_not_repeated_by_itself(rf, client, monkeypatch):
    monkeypatch.setattr(access, "SECONDS", 0.1)

    def view(request):
        ask_for_ever()

    request = rf.get("/activity/")
    request.user = operator("eva", "view_task")
    request.session = signed_in(client, request.user).session
    html = access.operator()(view)(request)
    assert html.status_code == 503
    assert b"This took too long" in html.content
    assert html["X-Too-Slow"] == "1"
    assert b"http-equiv" not in html.content
    assert "Retry-After" not in html


@pytest.mark.parametrize("query", ["who=%00", "q=%00", "verb=a%00b"])
def test_a_nul_in_what_activity_is_filtered_by_is_no_outage(client, query):
    chief = signed_in(client, operator("chief", superuser=True))
    assert chief.get(f"/activity/?{query}").status_code in (200, 404)


@pytest.mark.parametrize("address", ["/tasks/suggestions/?q=args:&task=a%00b", "/?q=worker:a%00b:12"])
def test_a_nul_in_the_search_box_is_no_outage(client, address):
    chief = signed_in(client, operator("chief", superuser=True))
    assert chief.get(address, follow=True).status_code in (200, 404)


def test_a_run_time_beyond_all_measure_is_refused_in_words(client):
    chief = signed_in(client, operator("chief", superuser=True))
    html = chief.get("/", {"duration": ">999999998d"})
    assert html.status_code == 200
    assert b"10s" in html.content


def slowly(rows):
    """The same rows, to find which takes for ever."""
    return rows.extra(where=[f"({ENDLESS[connection.vendor]}) IS NOT NULL"])


def test_an_export_that_the_database_does_not_answer_in_time_says_so(monkeypatch):
    monkeypatch.setattr(export, "CHUNK_SECONDS", 0.1)
    monkeypatch.setattr(export, "read", lambda rows, with_payload: slowly(rows))
    a_task()
    action = export.begin(everything(), "csv", False, "ada")
    with pytest.raises(TookTooLong):
        list(export.stream(everything(), "csv", False, action))
    action.refresh_from_db()
    assert action.problem == export.TOO_SLOW
    assert action.finished


def test_a_call_whose_latest_runs_cannot_be_found_in_time_is_previewed_without_them(monkeypatch):
    monkeypatch.setattr(outlook, "SECONDS", 0.1)
    task = a_task(Task.FAILED)
    assert outlook.usual(task.task)
    monkeypatch.setattr(Task, "objects", slowly(Task.objects.all()))
    assert outlook.usual(task.task) == []


class Slow(scopes.Scope):
    def rows(self, verb):
        return slowly(super().rows(verb))


class Doubts(preflight.Terms):
    """Terms that look into the database for each chunk, which takes for ever."""

    def refusals(self, verb, rows):
        list(slowly(Task.objects.all()))
        return super().refusals(verb, rows)


def everything(kind=scopes.Scope):
    frozen = scopes.freeze_where([], scopes.mark(), "all tasks").frozen
    return kind(frozen, "all tasks")


def test_a_question_about_tasks_that_cannot_be_found_in_time_says_so():
    a_task(Task.FAILED)
    chief = operator("chief", superuser=True)
    checked = preflight.check(everything(Slow), "requeue", chief)
    assert (checked.total, checked.looked, checked.able) == (None, 0, 0)
    assert checked.title == "It takes too long to find these tasks"


def test_a_look_at_tasks_ends_in_time_whatever_takes_it(monkeypatch):
    monkeypatch.setattr(preflight, "SECONDS", 0.2)
    a_task(Task.FAILED)
    assert preflight.look(everything(), "requeue", Doubts()) == (0, {}, 0)


@pytest.fixture
def slow_search(monkeypatch):
    """Each turn of a search but the first takes for ever."""
    monkeypatch.setattr(scopes, "SECONDS", 0.2)
    turns = []

    def search(*args):
        if turns:
            ask_for_ever()
        turns.append(args)
        return scopes_search(*args)

    scopes_search = scopes.search
    monkeypatch.setattr(scopes, "search", search)
    return turns


def test_what_a_search_has_found_is_kept_when_the_rest_takes_too_long(client, slow_search):
    chief = signed_in(client, operator("chief", superuser=True))
    for _ in range(51):
        a_task(Task.FAILED, args='{"order_id": 48213}')
    html = chief.post("/tasks/matching/requeue/", {"query": "status=failed&q=48213"}).content.decode()
    assert "these are the first 50 that were found" in html
    assert "Requeue 50 tasks?" in html


def test_a_search_that_finds_nothing_in_time_does_not_say_that_nothing_is_there(client, slow_search):
    slow_search.append("the first")
    chief = signed_in(client, operator("chief", superuser=True))
    a_task(Task.FAILED)
    html = chief.post("/tasks/matching/requeue/", {"query": "status=failed&q=48213"}).content.decode()
    assert "none was found in time" in html
    assert "Narrow the filters" in html
    assert "No task matches" not in html
    assert "none was found in time" in chief.get("/export/?q=48213").content.decode()


@pytest.mark.parametrize("address", ["/tasks/named/shop.tasks.send_email/", "/queues/named/default/"])
def test_the_pages_of_names_say_that_it_took_too_long(client, monkeypatch, address):
    chief = signed_in(client, operator("chief", superuser=True))
    a_task()
    for name in ("named_task", "queue_page"):
        monkeypatch.setattr(f"dashboard.views.places.{name}", lambda *_: ask_for_ever())
    html = chief.get(address)
    assert html.status_code == 503
    assert b"This took too long" in html.content
    assert html["X-Too-Slow"] == "1"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/tasks/matching/requeue/", {"query": "status=failed", "confirm": "yes", "reason": "a\0b"}),
        ("/workers/queues/resume/", {"queue": "a\0b"}),
        ("/workers/queues/pause/?queue=mail", {"reason": "a\0b"}),
    ],
)
def test_a_nul_in_a_form_is_no_outage(client, address, form):
    chief = signed_in(client, operator("chief", superuser=True))
    a_task(Task.FAILED)
    response = chief.post(address, form, follow=True)
    assert response.status_code in (200, 404)
    if response.status_code == 404:
        assert b"holds a NUL" in response.content
        assert not OperatorAction.objects.exists()
