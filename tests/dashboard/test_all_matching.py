"""All that matches can be acted on under every filter, also where nobody knows how many that are."""

from __future__ import annotations

import pytest

from dashboard import scopes
from dashboard.selectors import tabs
from django_simple_queue.models import Task
from tests.dashboard.asking import ask, confirm
from tests.dashboard.queue import CHARGE, a_task, a_worker, page, shown

pytestmark = pytest.mark.django_db
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
    for query in ("status=failed&rows=50", "status=failed&attempt=1&rows=50", "status=failed&q=charge"):
        html = page(ada, query)
        assert len(shown(html)) == 30
        assert 'id="matching"' not in html


def test_where_only_the_newest_are_counted_it_says_so(ada, worker, monkeypatch):
    monkeypatch.setattr(tabs, "LOOKED_AT", 28)
    assert "All 29+ matching" in words(page(ada, "status=failed&attempt=1"))
