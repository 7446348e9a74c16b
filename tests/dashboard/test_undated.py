"""Ended rows without a time, as `.update(status=FAILED)` of older code leaves them: they are paged and searched too."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from django_simple_queue.models import Task
from tests.dashboard.queue import CHARGE, a_task, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed():
    """Sixty failed tasks, every other one without a time; the latest first."""
    tasks = [a_task(Task.FAILED, task=CHARGE) for _ in range(60)]
    for age, task in enumerate(tasks):
        moment = timezone.now() - timedelta(seconds=age + 1)
        finished = moment if age % 2 else None
        Task.objects.filter(pk=task.pk).update(modified=moment, finished=finished)
    return [str(task.pk) for task in tasks]


def pages(client, address, link):
    """The ids of each page on from ``address``, by the links of one kind."""
    while address:
        html = client.get(address).content.decode()
        assert "That page link is broken" not in html
        yield shown(html), address
        onward = re.search(rf'href="(/[^"]*{link}=[^"]*)"', html)
        address = unescape(onward[1]) if onward else ""


@pytest.mark.parametrize(
    "query", ["status=failed", f"status=failed&task={CHARGE}", "status=failed&q=charge", "status=failed&attempt=1"]
)
def test_the_pages_join_without_gap(viewer, mixed, query):
    found = list(pages(viewer, f"/?{query}", "older"))
    assert [pk for ids, _ in found for pk in ids] == mixed
    assert len(found) > 1


def test_the_way_back_leads_over_the_same_pages(viewer, mixed):
    onward = list(pages(viewer, "/?status=failed", "older"))
    back = list(pages(viewer, onward[-1][1], "newer"))
    assert [pk for ids, _ in reversed(back) for pk in ids] == mixed


def test_where_none_has_a_time_they_are_paged_too(viewer, mixed):
    Task.objects.update(finished=None)
    assert [pk for ids, _ in pages(viewer, "/?status=failed", "older") for pk in ids] == mixed


def test_a_list_that_is_open_keeps_its_place(viewer, mixed):
    html = viewer.get("/?status=failed").content.decode()
    top = unescape(re.search(r'(/\?[^"]*top=[^"]*)"', html)[1])
    a_task(Task.FAILED, finished=timezone.now() + timedelta(seconds=5))
    assert shown(viewer.get(top).content.decode()) == mixed[:25]
