"""How often a page asks: less and less while nothing changes and nobody is there; and in whose zone it tells time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from dashboard.preferences import zones
from django_simple_queue.models import Task
from tests.browser.look import is_live, next_poll, row, word
from tests.dashboard.queue import a_task
from tests.support.waiting import wait_until

SLOWEST = 8
UNKNOWN = """names => names.filter(name => {
  try { new Intl.DateTimeFormat("en", { timeZone: name }); } catch { return true; }
})"""


def pace(page: Page) -> int:
    return int(page.evaluate("pace()"))


def goes_quiet(page: Page) -> None:
    page.route("**/*live=1*", lambda route: route.fulfill(status=304))
    wait_until(lambda: pace(page) == SLOWEST, 40, "the page asks seldom")
    page.unroute("**/*live=1*")


def often(page: Page) -> None:
    page.get_by_label("Live updates").click()
    page.get_by_label("Every 1 s").check()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("touch", ["key", "click", "focus"])
def test_a_quiet_page_asks_less_often_until_somebody_is_there(console: Page, touch: str) -> None:
    a_task(Task.COMPLETED)
    console.goto("/?status=completed")
    often(console)
    goes_quiet(console)
    word(console, "Live")
    if touch == "key":
        console.keyboard.press("Shift")
    elif touch == "click":
        console.locator("h1").first.click()
    else:
        console.evaluate("dispatchEvent(new Event('focus'))")
    assert pace(console) == 1


def test_a_change_brings_the_interval_back(console: Page) -> None:
    task = a_task(Task.COMPLETED)
    console.goto("/?status=completed")
    often(console)
    goes_quiet(console)
    Task.objects.filter(pk=task.pk).update(status=Task.CANCELLED)
    expect(row(console, task)).to_have_count(0)
    assert pace(console) == 1


def test_browsers_know_every_zone_that_is_offered(console: Page) -> None:
    assert console.evaluate(UNKNOWN, sorted(zones())) == []


def test_a_zone_that_a_browser_does_not_know_stops_no_updates(console: Page) -> None:
    console.goto("/")
    is_live(console)
    console.evaluate("document.documentElement.dataset.zone = 'Moon/Tycho'")
    with next_poll(console):
        pass
    expect(console.locator("#connection time")).to_contain_text("UTC")
    word(console, "Live")
