"""The numbers on the tabs of the list: each counts what its tab lists, or says that it is less than all."""

from __future__ import annotations

import pytest

from dashboard.selectors import tabs
from dashboard.states import CONDITIONS
from django_simple_queue.models import Task
from tests.dashboard.queue import CHARGE, a_task, count_on, later, page, shown

pytestmark = pytest.mark.django_db
WORKER = "00000000-0000-0000-0000-00000000000a"


def test_tabs_count_what_they_list(viewer):
    for status, number in ((Task.QUEUED, 2), (Task.COMPLETED, 3), (Task.FAILED, 1)):
        for _ in range(number):
            a_task(status)
    html = page(viewer)
    assert [count_on(html, slug) for slug in ("all", "queued", "completed", "failed")] == ["6", "2", "3", "1"]


def test_tabs_count_under_the_other_filters(viewer):
    a_task(Task.FAILED, queue="mail")
    a_task(Task.FAILED)
    html = page(viewer, "queue=mail&status=queued")
    assert (count_on(html, "failed"), count_on(html, "all")) == ("1", "1")


def test_counts_under_a_filter_look_at_the_newest_rows_and_say_at_least(viewer, monkeypatch):
    monkeypatch.setattr(tabs, "LOOKED_AT", 3)
    a_task(Task.FAILED, age=500, queue="mail")
    for status in (Task.FAILED, Task.COMPLETED, Task.COMPLETED, Task.QUEUED):
        a_task(status, queue="mail")
    html = page(viewer, "queue=mail")
    assert [count_on(html, slug) for slug in ("failed", "completed", "queued")] == ["1+", "2+", "1+"]
    assert count_on(html, "all") == "5", "the page shows all"


def test_what_is_counted_among_the_newest_is_never_taken_for_all(viewer, monkeypatch):
    monkeypatch.setattr(tabs, "LOOKED_AT", 30)
    for _ in range(40):
        a_task(Task.FAILED, queue="mail")
    html = page(viewer, "queue=mail&status=failed")
    assert "25 of 31+" in html
    assert "All 31+ matching" in html
    assert 'name="count"' not in html
    html = page(viewer, "queue=mail&status=failed&rows=50")
    assert "40 of 40" in html
    assert 'name="count" value="40"' in html


def test_a_number_is_never_less_than_what_the_page_shows(viewer, monkeypatch):
    monkeypatch.setattr(tabs, "LOOKED_AT", 3)
    for _ in range(30):
        a_task(Task.FAILED, age=500, attempt=2)
    for _ in range(4):
        a_task()
    html = page(viewer, "attempt=2&status=failed")
    assert (count_on(html, "failed"), "25 of 25+" in html) == ("25+", True)


@pytest.mark.parametrize("query", ["q=charge", "error=no+funds", "args=order_id%3D7"])
def test_under_a_text_no_tab_has_a_number(viewer, query):
    a_task(Task.FAILED, task=CHARGE)
    html = page(viewer, query)
    assert len(shown(html)) == 1
    assert html[html.index('id="tabs"') : html.index("</nav>", html.index('id="tabs"'))].count('class="n"') == 0


@pytest.mark.parametrize(
    "query",
    [
        "queue=mail",
        "fingerprint=ffff",
        "queue=mail&fingerprint=ffff",
        "time=24h",
        "time=24h&queue=mail",
        f"worker={WORKER}",
        f"worker={WORKER}&time=24h",
        "attempt=>1",
        "attempt=1&queue=mail",
        "duration=>0.5s",
        "has=error",
        "has=no_worker",
        "has=error&time=24h&fingerprint=ffff",
    ],
)
def test_each_tab_counts_exactly_what_it_lists(viewer, query):
    for number in range(24):
        kind = later(30) if number % 7 == 0 else {}
        queue, fingerprint = ("mail", "media")[number % 2], ("ffff", "0000")[number % 3 == 0]
        status, attempt = number % 5, number % 4 // 3
        age = 3 * 86_400 * (number % 11 == 0)
        worker = WORKER if number % 4 else None
        a_task(status, queue=queue, fingerprint=fingerprint, attempt=attempt, age=age, worker=worker, **kind)
    html = page(viewer, query)
    told = {slug: count_on(html, slug) for slug in CONDITIONS}
    assert told == {slug: str(len(shown(page(viewer, f"status={slug}&{query}")))) for slug in CONDITIONS}
