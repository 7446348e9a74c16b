"""What lies behind an open dialog is dimmed to the edge of the window, and stays where it is."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import SignIn
from tests.browser.in_order import DESK
from tests.dashboard.queue import a_task
from tests.support.browser import FLAGS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCROLLBAR, LEFT_OF_IT = DESK["width"] - 8, DESK["width"] - 20
MIDDLE = DESK["height"] // 2
PLACE = "JSON.stringify(document.querySelector('main').getBoundingClientRect())"


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """One that shows its scrollbars."""
    seen = browser.browser_type.launch(
        executable_path=chromium(), args=FLAGS, ignore_default_args=["--hide-scrollbars"]
    )
    yield seen
    seen.close()


def colour(page: Page, x: int) -> tuple[int, ...]:
    """The colour of one point: the first bytes of a picture of it, after that of the filter."""
    picture = page.screenshot(clip={"x": x, "y": MIDDLE, "width": 1, "height": 1})
    start = picture.index(b"IDAT")
    size = int.from_bytes(picture[start - 4 : start], "big")
    points = zlib.decompressobj().decompress(picture[start + 4 : start + 4 + size])
    return tuple(points[1:4])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("count", [0, 40])
def test_a_backdrop_reaches_over_the_place_of_the_scrollbar(signed_in: SignIn, theme: Any, count: int) -> None:
    for _ in range(count):
        a_task()
    page = signed_in(color_scheme=theme)
    page.goto("/")
    scrolls = page.evaluate("document.documentElement.scrollHeight > innerHeight")
    assert scrolls == bool(count)
    before, bright = page.evaluate(PLACE), colour(page, LEFT_OF_IT)
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    dimmed = colour(page, LEFT_OF_IT)
    assert max(bright) - max(dimmed) >= 5
    if not scrolls:  # else the scrollbar's own handle may be there
        assert all(abs(one - other) <= 2 for one, other in zip(dimmed, colour(page, SCROLLBAR), strict=True))
    assert page.evaluate(PLACE) == before
