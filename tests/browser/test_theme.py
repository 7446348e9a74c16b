from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
FIRST_PAINT = """new PerformanceObserver(list => {
  window.painted ??= [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor];
}).observe({ type: 'paint', buffered: true });"""


def change_theme(page: Page) -> None:
    page.get_by_role("button", name="Change theme").click()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_is_kept_and_painted_from_the_start(signed_in: SignIn, system: str) -> None:
    page = signed_in("ada", color_scheme=system)
    page.add_init_script(FIRST_PAINT)
    page.goto("/")
    root = page.locator("html")
    expect(root).not_to_have_attribute("data-theme", "light")
    colours = {}
    for theme in ("light", "dark"):
        change_theme(page)
        expect(root).to_have_attribute("data-theme", theme)
        colours[theme] = page.evaluate(BACKGROUND)
        page.reload()
        page.wait_for_function("() => window.painted")
        assert page.evaluate("window.painted") == [theme, colours[theme]]
    change_theme(page)
    expect(root).not_to_have_attribute("data-theme", "dark")
    assert colours["light"] != colours["dark"]
    assert page.evaluate(BACKGROUND) == colours[system]


def test_the_theme_changes_without_javascript(signed_in: SignIn) -> None:
    page = signed_in("ada", java_script_enabled=False)
    page.goto("/?status=failed")
    page.get_by_role("button", name="Change theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.url.endswith("/?status=failed")
