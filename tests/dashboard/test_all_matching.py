"""All that matches can be acted on under every filter, also where nobody knows how many that are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard import scopes
from dashboard.selectors import tabs
from dashboard.views import matching
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.answers import said
from tests.dashboard.asking import CANCEL, REQUEUE, ask, confirm, fields_of
from tests.dashboard.queue import CHARGE, a_task, a_worker, count_on, page, shown, status_of

pytestmark = pytest.mark.django_db
TOO_LATE = "This question is over an hour old, or not what was asked: search again. Nothing done."
KINDS = {
    "nothing else": ("", "All 30 matching"),
    "task": (f"task={CHARGE}", "All 30 matching"),
    "worker": ("worker={worker}", "All 30 matching"),
    "has": ("has=error", "All 30 matching"),
    "attempt": ("attempt=1", "All 30 matching"),
    "duration": ("duration=>0.5s", "All 30 matching"),
    "time": ("time=24h", "All 30 matching"),
    "time and worker": ("time=24h&worker={worker}", "All 30 matching"),
}
TEXTS = {"text": "q=charge", "error": "error=no+funds", "arguments": "args=order_id%3D7"}


@pytest.fixture
def worker(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    lost = a_worker()
    for _ in range(30):
        a_task(Task.FAILED, task=CHARGE, worker=lost.pk)
    return lost.pk


def words(html):
    menu = html[html.index('id="matching"') :]
    return " ".join(menu[menu.index(">") + 1 : menu.index("</details>")].split())


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_offered_under_every_filter(ada, worker, kind):
    query, offered = KINDS[kind]
    query = f"status=failed&{query.format(worker=worker)}"
    assert offered in words(page(ada, query))
    question = ask(ada, query=query)
    assert b"Requeue 30 tasks?" in question.content
    confirm(ada, question)
    assert Task.objects.filter(status=Task.QUEUED).count() == 30


@pytest.mark.parametrize("kind", TEXTS)
def test_under_a_text_it_says_how_many_it_may_take(ada, worker, kind, monkeypatch):
    for _ in range(30):
        a_task(Task.FAILED, task=CHARGE)
    query = f"status=failed&{TEXTS[kind]}"
    menu = words(page(ada, query))
    assert "All matching" in menu
    assert "Of a text at most 1 000 are taken." in menu
    assert b"Requeue 60 tasks?" in ask(ada, query=query).content
    monkeypatch.setattr(scopes, "MOST_FOUND", 40)
    assert b"these are the first" in ask(ada, query=query).content


def test_where_all_that_matches_is_on_the_page_it_is_not_offered(ada, worker):
    for query in ("status=failed&rows=50", "status=failed&attempt=1&rows=50", "status=failed&q=charge&rows=50"):
        html = page(ada, query)
        assert len(shown(html)) == 30
        assert 'id="matching"' not in html


def test_where_only_the_newest_are_counted_it_says_so(ada, worker, monkeypatch):
    monkeypatch.setattr(tabs, "LOOKED_AT", 28)
    assert "All 29+ matching" in words(page(ada, "status=failed&attempt=1"))


def test_what_a_search_found_cannot_be_exchanged_for_other_tasks(ada, worker):
    found, other = a_task(Task.FAILED, args='{"order_id": 48213}'), a_task(Task.FAILED)
    wanted = "status=failed&q=48213"
    question = ask(ada, query=wanted)
    for query, forged in (("status=failed&q=nothing-like-it", fields_of(question)["found"]), (wanted, other.pk.hex)):
        assert said(confirm(ada, question, query=query, found=forged)) == TOO_LATE
    assert not OperatorAction.objects.exists()
    confirm(ada, question)
    assert OperatorAction.objects.get().scope == "failed, text 48213"
    assert [status_of(task) for task in (found, other)] == [Task.QUEUED, Task.FAILED]


def test_what_a_search_found_answers_no_other_question(ada):
    task = a_task(Task.FAILED, args='{"order_id": 48213}')
    question = ask(ada, query="status=failed&q=48213")
    for way, changed in ((CANCEL, {}), (REQUEUE, {"mark": scopes.mark().isoformat()}), (REQUEUE, {"mark": ""})):
        assert said(confirm(ada, question, way, **changed)) == TOO_LATE
    assert status_of(task) == Task.FAILED


def test_what_a_search_found_is_searched_anew_after_an_hour(ada, monkeypatch):
    task = a_task(Task.FAILED, args='{"order_id": 48213}')
    question = ask(ada, query="status=failed&q=48213")
    monkeypatch.setattr(matching, "FOUND_KEPT", timedelta(seconds=-1))
    assert said(confirm(ada, question)) == TOO_LATE
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize("query", ["time=15m", "since=15m&status=failed"])
def test_each_tab_says_which_time_its_number_counts(ada, query):
    a_task(Task.FAILED, age=3 * 3600)
    html = page(ada, query)
    assert (count_on(html, "all"), count_on(html, "failed")) == ("0", "1")
    for slug, time in (("all", "created"), ("queued", "created"), ("failed", "finished"), ("completed", "finished")):
        tab = html[html.index(f'id="tab-{slug}"') :]
        assert f'title="{time}' in tab[: tab.index(">")]
    assert "title=" not in page(ada, "status=failed").split('id="tabs"')[1].split("</nav>")[0]
