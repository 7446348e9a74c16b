"""Seconds that are left go down each second, whatever the pace of the live updates, and are never read out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.browser.look import is_live, pause, row
from tests.dashboard.queue import a_task, a_worker, later
from tests.support.waiting import wait_until


@pytest.fixture
def still(console: Page) -> Page:
    """A page whose clock is the test's, and that is told that nothing has changed whenever it asks."""
    console.clock.install()
    console.route("**/*live=1*", lambda route: route.fulfill(status=304))
    return console


def stand_still(page: Page) -> None:
    """From now on only the test moves the page's clock, which has just been right."""
    is_live(page)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    shown = page.locator("#connection [data-word]")
    moves_on_until(page, lambda: shown.text_content() == "Live")


def moves_on_until(page: Page, condition: Callable[[], bool]) -> None:
    """Second by second: a page that has no answer soon enough by its clock is late, and counts nothing down."""

    def holds_a_second_later() -> bool:
        page.clock.run_for(1_000)
        return condition()

    wait_until(holds_a_second_later)


def left(time: Locator) -> int:
    return int("".join(filter(str.isdigit, time.text_content() or "")))


def test_seconds_go_down_between_two_answers(still: Page) -> None:
    task, far = a_task(**later(55)), a_task(**later(3600))
    still.goto("/?status=scheduled")
    stand_still(still)
    when, hours = row(still, task).locator("time[data-left]"), row(still, far).locator("td.num time").first
    before, words = left(when), hours.text_content()
    moves_on_until(still, lambda: left(when) == before - 5)
    assert hours.text_content() == words
    assert when.evaluate("time => time.closest('[aria-live], [role=status]')") is None
    moves_on_until(still, lambda: left(when) == 0)


@pytest.mark.parametrize("where", ["/", "/tasks/{}/"])
def test_a_requeue_that_is_held_counts_down(still: Page, where: str) -> None:
    a_worker()
    task = a_task(Task.FAILED)
    perform("requeue", Task.objects.all(), User.objects.get(), hold=timedelta(seconds=50))
    still.goto(where.format(task.pk))
    stand_still(still)
    when = still.locator("#live time[data-left]").first
    before = left(when)
    moves_on_until(still, lambda: left(when) == before - 5)


def test_an_answer_sets_it_right_and_a_page_that_stands_still_does_not_count(console: Page) -> None:
    task = a_task(**later(50))
    console.clock.install()
    console.goto("/?status=scheduled")
    is_live(console)
    when = row(console, task).locator("time[data-left]")
    perform("cancel", Task.objects.filter(pk=a_task().pk), "omar")  # something has changed
    Task.objects.filter(pk=task.pk).update(**later(20))
    console.clock.run_for(2_000)
    expect(when).to_have_attribute("data-left", re.compile(r"1\d"))
    pause(console)
    shown = left(when)
    console.clock.run_for(9_000)
    assert left(when) == shown
