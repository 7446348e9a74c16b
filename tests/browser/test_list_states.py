"""The list with something open over it: no accessibility fault, no report, nothing beyond the edge, in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from dashboard.selectors import search
from tests.browser.in_order import is_in_order
from tests.browser.scenes import everything


@pytest.fixture(autouse=True)
def tasks() -> None:
    everything()


def test_open_proposals(console: Page) -> None:
    console.goto("/")
    console.keyboard.press("/")
    console.keyboard.type("status:")
    expect(console.get_by_role("option").first).to_be_visible()
    console.keyboard.press("ArrowDown")
    is_in_order(console)


def test_open_filters(console: Page) -> None:
    console.goto("/?status=failed&error=no+funds")
    console.locator(".more-filters summary").click()
    expect(console.get_by_label("Error contains")).to_be_visible()
    is_in_order(console)


def test_help_of_the_keys(console: Page) -> None:
    console.goto("/")
    console.keyboard.press("?")
    expect(console.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    is_in_order(console)


def test_preferences(console: Page) -> None:
    console.goto("/preferences/")
    expect(console.get_by_label("Time zone")).to_be_visible()
    is_in_order(console)


def test_a_preference_that_is_no_choice(console: Page) -> None:
    console.goto("/preferences/?next=/workers/")
    console.locator("#zone option").last.evaluate("option => { option.value = 'Mars/Olympus'; option.selected = true }")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("alert")).to_contain_text("“Mars/Olympus” is not among the choices for: Time zone.")
    expect(console.get_by_role("alert")).to_be_focused()
    is_in_order(console)
    expect(console.get_by_role("link", name="Cancel")).to_have_attribute("href", "/workers/")


@pytest.mark.ability(7)
def test_a_search_that_stopped_says_how_far_it_came_and_goes_on(console: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LONGEST_WALK", 2)
    monkeypatch.setattr(search, "FIRST_CHUNK", 2)
    console.goto("/?q=nothing+has+this")
    expect(console.get_by_text("Searched back to")).to_be_visible()
    is_in_order(console)
    console.get_by_role("link", name="Search older tasks").click()
    console.wait_for_url("**older=**")
    expect(console.get_by_text("Nothing matches these filters")).to_be_visible()
