"""How often a page asks: less and less while nothing changes and nobody is there; and in whose zone it tells time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from dashboard.preferences import zones
from dashboard.selectors import memory
from django_simple_queue.models import Task
from tests.browser.look import is_live, next_poll, row, word
from tests.dashboard.queue import a_task
from tests.support.waiting import wait_until

SLOWEST, LATE = 6, 10
TICK = 1
TOUCH = {
    "key": "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }))",
    "click": "document.querySelector('h1').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))",
    "focus": "dispatchEvent(new Event('focus'))",
}
UNKNOWN = """names => names.filter(name => {
  try { new Intl.DateTimeFormat("en", { timeZone: name }); } catch { return true; }
})"""


def pace(page: Page) -> int:
    return int(page.evaluate("pace()"))


def goes_quiet(page: Page) -> None:
    page.route("**/*live=1*", lambda route: route.fulfill(status=304))
    wait_until(lambda: pace(page) == SLOWEST, 40, "the page asks seldom")


def often(page: Page) -> None:
    page.locator("#connection summary").click()
    page.get_by_label("Every 1 s").check()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("touch", TOUCH)
def test_a_quiet_page_asks_less_often_until_somebody_is_there(console: Page, touch: str) -> None:
    a_task(Task.COMPLETED)
    console.goto("/?status=completed")
    often(console)
    goes_quiet(console)
    word(console, "Live")
    paces = console.evaluate(f"() => {{ const quiet = pace(); {TOUCH[touch]}; return [quiet, pace()]; }}")
    assert paces == [SLOWEST, 1]


def test_a_quiet_page_shows_a_dead_fleet_within_ten_seconds_after_its_lease(console: Page) -> None:
    console.goto("/")
    assert console.evaluate("SLOWEST") + TICK + memory.MOST_SECONDS <= 10


@pytest.mark.parametrize(("every", "late"), [(1, LATE), (2, LATE), (5, 16)])
def test_a_page_says_late_as_soon_when_it_is_quiet(console: Page, every: int, late: int) -> None:
    console.goto("/")
    after = f"""ages => {{
      Object.assign(clock, {{ every: {every}, still: 9, failures: 0 }});
      return ages.map(age => {{ clock.last = Date.now() - age * 1000; return stateNow(); }});
    }}"""
    assert console.evaluate(after, [late - 1, late + 1]) == ["live", "late"]


def test_a_change_brings_the_interval_back(console: Page) -> None:
    task = a_task(Task.COMPLETED)
    console.goto("/?status=completed")
    often(console)
    goes_quiet(console)
    remember = "{ self.paceThen = pace(); }"
    console.evaluate(f"document.addEventListener('htmx:after:swap', () => {remember}, {{ once: true }})")
    Task.objects.filter(pk=task.pk).update(status=Task.CANCELLED)
    console.unroute("**/*live=1*")
    expect(row(console, task)).to_have_count(0)
    wait_until(lambda: console.evaluate("window.paceThen ?? 0"), 10, "the list has come anew")
    assert console.evaluate("window.paceThen") == 1


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
