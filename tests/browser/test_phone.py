"""What a thumb does on a phone: menus over the page, words that are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.in_order import PHONE
from tests.browser.scenes import everything

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

COVERED = """panel => [...panel.querySelectorAll("label, a, button, .menu-note")].filter(item => {
  const box = item.getBoundingClientRect();
  return !panel.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}).map(item => item.textContent.trim())"""


@pytest.fixture
def phone(signed_in: SignIn) -> Page:
    everything()
    return signed_in(viewport=PHONE, has_touch=True)


@pytest.mark.parametrize("address", ["/", "/workers/", "/failures/"])
def test_the_menus_of_the_bar_are_over_the_page(phone: Page, address: str) -> None:
    phone.goto(address)
    live = phone.locator("#connection")
    open_menu(live)
    live.get_by_text("Every 15 s").tap()
    expect(live.get_by_role("radio", name="Every 15 s")).to_be_checked()
    open_menu(phone.locator(".topbar details:has(.avatar)"))


def open_menu(menu: Locator) -> None:
    menu.locator("summary").tap()
    panel = menu.locator(".menu-panel")
    expect(panel).to_be_visible()
    assert panel.evaluate(COVERED) == []
