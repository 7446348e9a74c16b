"""The numbers on the tabs of the list: each counts what its tab lists, or says that it is less than all."""

from __future__ import annotations

import pytest

from dashboard.filters import NARROW
from dashboard.selectors import tabs
from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, count_on, later, page, shown

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    "query", ["queue=mail", "fingerprint=ffff", "queue=mail&fingerprint=ffff", "time=24h", "time=24h&queue=mail"]
)
def test_each_tab_counts_exactly_what_it_lists(viewer, query):
    for number in range(24):
        kind = later(30) if number % 7 == 0 else {}
        queue, fingerprint = ("mail", "media")[number % 2], ("ffff", "0000")[number % 3 == 0]
        status, attempt = number % 5, number % 4 // 3
        age = 3 * 86_400 * (number % 11 == 0)
        a_task(status, queue=queue, fingerprint=fingerprint, attempt=attempt, age=age, **kind)
    html = page(viewer, query)
    told = {slug: count_on(html, slug) for slug in NARROW}
    assert told == {slug: str(len(shown(page(viewer, f"status={slug}&{query}")))) for slug in NARROW}
