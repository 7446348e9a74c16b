from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.look import row, shows_only, state
from tests.dashboard.queue import CHARGE, a_task, later


@pytest.fixture
def tasks() -> dict[str, Task]:
    return {
        "failed": a_task(Task.FAILED, task=CHARGE, args='{"invoice": "F-4711"}', age=50),
        "queued": a_task(age=40, queue="mail"),
        "scheduled": a_task(age=30, **later(3600)),
        "completed": a_task(Task.COMPLETED, age=20),
    }


def test_by_text(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    shows_only(console, *tasks.values())
    console.get_by_label("Search id").fill("F-4711")
    console.keyboard.press("Enter")
    shows_only(console, tasks["failed"])
    console.get_by_role("link", name="Remove filter text F-4711").click()
    shows_only(console, *tasks.values())


def test_by_tab_and_back(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    tabs = console.get_by_role("navigation", name="Status")
    for name in ("Failed", "Queued", "Scheduled", "Completed"):
        tabs.get_by_role("link", name=name).click()
        expect(tabs.locator("[aria-current=page]")).to_have_text(f"{name} 1")
        shows_only(console, tasks[name.lower()])
    console.go_back()
    shows_only(console, tasks["scheduled"])
    console.go_forward()
    shows_only(console, tasks["completed"])


def test_by_selects_that_add_up(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    console.get_by_label("Queue", exact=True).select_option("default")
    shows_only(console, tasks["failed"], tasks["scheduled"], tasks["completed"])
    console.get_by_label("Task", exact=True).select_option(CHARGE)
    shows_only(console, tasks["failed"])
    console.get_by_role("link", name="Clear all", exact=True).click()
    shows_only(console, *tasks.values())


def test_by_a_pasted_id(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/?status=queued")
    console.get_by_label("Search id").fill(f" {tasks['failed'].pk} ")
    console.keyboard.press("Enter")
    console.wait_for_url(f"**/tasks/{tasks['failed'].pk}/")
    state(console, "Failed")


def test_opening_a_row_shows_what_happened(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/?status=failed")
    row(console, tasks["failed"]).get_by_role("link", name="charge_invoice").click()
    state(console, "Failed")
    expect(console.locator("#error .exc")).to_contain_text("CardDeclined: no funds")
    expect(console.locator("#arguments")).to_contain_text("F-4711")
    console.go_back()
    shows_only(console, tasks["failed"])


def test_nothing_matches_and_the_way_out(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/?status=failed&q=nowhere+to+be+found")
    expect(console.locator("#no-rows")).to_contain_text("Nothing matches these filters")
    console.get_by_role("link", name="Remove text filter").click()
    shows_only(console, tasks["failed"])


def test_a_filter_that_is_not_valid_matches_nothing_and_says_so(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/?status=broken&time=99y")
    expect(console.get_by_role("alert").first).to_contain_text(
        "status “broken”: That is not known. Choose one of queued"
    )
    expect(console.get_by_role("alert").last).to_contain_text("time “99y”")
    expect(console.locator("#rows")).to_have_count(0)
    console.get_by_role("link", name="Clear all filters").click()
    shows_only(console, *tasks.values())


def test_pages_lead_on_and_back(console: Page) -> None:
    for age in range(30):
        a_task(age=age)
    console.goto("/?rows=25")
    expect(console.locator("#rows tbody tr")).to_have_count(25)
    console.get_by_role("link", name="Next").click()
    expect(console.locator("#rows tbody tr")).to_have_count(5)
    console.get_by_role("link", name="Back").click()
    expect(console.locator("#rows tbody tr")).to_have_count(25)


def test_a_broken_page_address_shows_the_first_page_and_says_so(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/?older=not-a-cursor")
    shows_only(console, *tasks.values())
    expect(console.locator("#notice")).to_be_visible()
