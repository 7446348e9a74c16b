"""The pages of the list: in which order, without gap or double, and what a link to none of them shows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, a_worker, later, page, shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("tab", "label"),
    [
        ("", "Created"),
        ("queued", "Waiting since"),
        ("completed", "Finished"),
        ("failed", "Failed"),
    ],
)
def test_pages_follow_each_other_without_gap_or_double(viewer, tab, label):
    status = {"": Task.QUEUED, "queued": Task.QUEUED, "completed": Task.COMPLETED, "failed": Task.FAILED}[tab]
    now = timezone.now()
    tasks = [a_task(status, age=10) for _ in range(60)]
    Task.objects.update(created=now)
    if tab in ("completed", "failed"):
        Task.objects.update(finished=now)
    html, seen, addresses = page(viewer, f"status={tab}"), [], []
    assert re.search(rf">\s*{label}\s*</th>", html)
    while True:
        seen += shown(html)
        link = re.search(r'href="(/\?[^"]*older=[^"]*)"', html)
        if not link:
            break
        addresses.append(link[1].replace("&amp;", "&"))
        html = page(viewer, addresses[-1].partition("?")[2])
    assert len(addresses) == 2
    assert len(seen) == 60
    assert set(seen) == {str(task.pk) for task in tasks}


def test_a_page_leads_back_to_the_one_before(viewer):
    for age in range(60):
        a_task(age=age)
    first = page(viewer)
    older = re.search(r'href="/\?([^"]*older=[^"]*)"', first)[1].replace("&amp;", "&")
    second = page(viewer, older)
    newer = re.search(r'href="/\?([^"]*newer=[^"]*)"', second)[1].replace("&amp;", "&")
    assert shown(page(viewer, newer)) == shown(first)


def test_times_that_the_database_wrote_are_cursors_too(viewer):
    """SQLite writes three digits where Python writes six, and compares text."""
    from django.db.models.functions import Now

    for _ in range(30):
        a_task(Task.COMPLETED)
    Task.objects.update(finished=Now())
    first = page(viewer, "status=completed")
    older = re.search(r'href="/\?([^"]*older=[^"]*)"', first)[1].replace("&amp;", "&")
    assert not set(shown(first)) & set(shown(page(viewer, older)))


def test_scheduled_tasks_come_soonest_first(viewer):
    last, first = a_task(**later(7200)), a_task(**later(60))
    assert shown(page(viewer, "status=scheduled")) == [str(first.pk), str(last.pk)]


def test_running_tasks_come_longest_first_even_before_they_have_started(viewer):
    worker = a_worker().pk
    now = timezone.now()
    longest = a_task(Task.PROGRESS, worker=worker, started=now - timedelta(hours=1))
    claimed = a_task(Task.PROGRESS, worker=worker, started=None)
    assert shown(page(viewer, "status=progress")) == [str(longest.pk), str(claimed.pk)]


@pytest.mark.parametrize("cursor", ["x", "~", "2026-01-01~x", "2026-13-01 00:00~" + "0" * 32, "%00", "9" * 500])
def test_a_broken_cursor_means_the_first_page_and_a_notice(viewer, cursor):
    task = a_task()
    for name in ("older", "newer", "top"):
        html = page(viewer, f"{name}={cursor}")
        assert shown(html) == [str(task.pk)]
        assert "That page link is broken" in html


def test_a_stale_cursor_means_the_first_page_and_a_notice(viewer):
    task = a_task()
    html = page(viewer, "older=2020-01-01 00:00:00%2B00:00~00000000-0000-0000-0000-000000000000")
    assert shown(html) == [str(task.pk)]
    assert "nothing beyond that place" in html
