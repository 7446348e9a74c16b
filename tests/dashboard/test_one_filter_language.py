"""An address and the search box understand the same words, and the chips say them as people do."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from django_simple_queue.models import Task
from tests.dashboard.queue import SEND, a_task, a_worker, shown

pytestmark = pytest.mark.django_db


def page(viewer, **query):
    return viewer.get("/", query, follow=True).content.decode()


def chips(html):
    found = re.findall(r'class="chip[^"]*"[^>]*>(.*?)</a>', html, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


def test_an_address_names_a_worker_as_the_box_does(viewer):
    worker = a_worker(host="web-6", pid=9824)
    one = a_task(Task.FAILED, worker=worker.pk)
    a_task(Task.FAILED)
    for query in ({"worker": "web-6:9824"}, {"q": "worker:web-6:9824"}):
        html = page(viewer, **query)
        assert shown(html) == [str(one.pk)]
        assert "worker web-6:9824" in chips(html)


def test_a_worker_that_nobody_knows_is_said_in_full(viewer):
    assert "worker web-6:9824" in chips(page(viewer, worker="web-6:9824"))


@pytest.mark.parametrize("query", [{"status": "stalled"}, {"q": "status:Stalled"}, {"q": "STATUS:stalled"}])
def test_stalled_is_a_state_both_ways_in(viewer, query):
    one = a_task(Task.PROGRESS)
    a_task()
    assert shown(page(viewer, **query)) == [str(one.pk)]


@pytest.mark.parametrize("query", [{"status": "Failed", "queue": "mail"}, {"q": "Status:FAILED QUEUE:mail"}])
def test_keys_and_states_are_the_same_in_any_case(viewer, query):
    one = a_task(Task.FAILED, queue="mail")
    a_task(Task.FAILED)
    a_task(queue="mail")
    assert shown(page(viewer, **query)) == [str(one.pk)]


def test_an_export_understands_the_same_words(viewer):
    from django.http import QueryDict

    from dashboard.filters import read

    worker = a_worker(host="web-6", pid=9824)
    chosen = read(QueryDict(urlencode({"status": "Stalled", "worker": "web-6:9824"})))
    assert (chosen.value("worker"), chosen.tab, chosen.value("has")) == (worker.pk, "progress", "no_worker")


def test_a_text_search_heeds_the_rows_of_a_page(viewer):
    for number in range(30):
        a_task(age=number, args='{"needle": 1}')
    first = viewer.get("/?q=needle").content.decode()
    assert len(shown(first)) == 25
    onward = unescape(re.search(r'href="(/[^"]*older=[^"]*)"', first)[1])
    assert len(shown(viewer.get(onward).content.decode())) == 5
    assert len(shown(viewer.get("/?q=needle&rows=50").content.decode())) == 30


def test_times_the_wrong_way_round_are_told(viewer):
    assert "since “1h”: That is later than “until”" in unescape(page(viewer, q="since:1h until:2h"))
    assert "later than" not in page(viewer, q="since:2h until:1h")


def test_a_group_and_a_moment_are_said_as_people_say_them(viewer):
    a_task(Task.FAILED, task=SEND, fingerprint="7855787a3859c907", error_class="shop.errors.StockLocked")
    since = "2026-01-29T02:52:11.657331+00:00"
    said = chips(page(viewer, status="failed", fingerprint="7855787a3859c907", since=since))
    assert "group StockLocked of send_email" in said
    assert any("finished since 29 Jan" in chip and "02:52" in chip and "657331" not in chip for chip in said)


def test_a_day_and_a_span_stay_as_they_were_written(viewer):
    said = chips(page(viewer, since="2h"))
    assert any(chip.startswith("created since 2h") for chip in said)
    assert any("since 2026-01-29" in chip for chip in chips(page(viewer, since="2026-01-29")))
