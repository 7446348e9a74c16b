"""A task is found by what the console calls it, and the filters say in words what they mean."""

from __future__ import annotations

import pytest

from django_simple_queue.models import Task
from tests.dashboard.queue import CHARGE, a_task, page, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def task():
    a_task(task=CHARGE)
    return a_task(task=CHARGE, pk="0193a1f0-0000-7000-8000-0000ceff9a1e", args='{"order_id": 20418123}')


@pytest.mark.parametrize("text", ["ceff9a1e", "#ceff9a1e", "charge_invoice ceff9a1e", "charge_invoice #CEFF9A1E"])
def test_a_task_is_found_by_its_label(viewer, task, text):
    html = page(viewer, f"q={text.replace('#', '%23')}")
    assert shown(html) == [str(task.pk)]
    chip = html.partition('id="chips"')[2].partition("</span>")[0]
    assert "<i>id</i>" in chip
    assert "…ceff9a1e" in chip


@pytest.mark.parametrize("text", ["send_email ceff9a1e", "invoice ceff9a1e"])
def test_a_label_names_the_whole_task(viewer, task, text):
    assert shown(page(viewer, f"q={text}")) == []


def test_a_whole_id_may_begin_with_a_sign(viewer, task):
    assert viewer.get("/", {"q": f"#{task.pk}"})["Location"] == f"/tasks/{task.pk}/"


def test_a_number_is_still_text(viewer, task):
    html = page(viewer, "q=20418123")
    assert shown(html) == [str(task.pk)]
    assert "<i>text</i> 20418123" in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=nonsense", "status “nonsense”: That is not known. Choose one of queued, scheduled, retrying"),
        ("time=99y", "time “99y”: That is not known. Choose one of 15m, 1h"),
        ("has=%25s", "has “%s”: That is not known. Choose one of error, output"),
    ],
)
def test_a_value_that_is_not_known_leads_to_those_that_are(viewer, query, words):
    html = page(viewer, query)
    assert words in html
    assert "valid choice" not in html


def test_stalled_is_said_in_words(viewer):
    a_task(Task.PROGRESS)
    assert "<i>only</i> stalled: no live worker holds it" in page(viewer, "status=progress&has=no_worker")
