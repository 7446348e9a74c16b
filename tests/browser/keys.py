"""Keys, counted: a journey by keyboard says how many it takes."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

IS_FOCUSED = "element => element === document.activeElement"


class Keys:
    """Presses keys on a page and counts them; a typed text counts its characters."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.count += len(text)
        self.page.keyboard.type(text)

    def tab_to(self, wanted: Locator) -> None:
        """Tab until ``wanted`` has the focus."""
        for _ in range(80):
            if wanted.evaluate(IS_FOCUSED):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never reached {wanted}")
