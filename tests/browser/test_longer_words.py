"""Other languages need more room: with every text 40 % longer nothing is cut off and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from django.utils import translation
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.in_order import DESK, PHONE
from tests.browser.scenes import everything
from tests.browser.test_trees import VISITED, failures

QUESTIONS = [
    ("/?status=failed", "a[href*='/export/']"),
    ("/workers/", "a[href*='queues/pause/?queue=*']"),
    ("/failures/", "[id^=requeue-]"),
    ("/", "[aria-controls=keys], #keys-open, button[aria-label^='Keyboard']"),
]
CLIPPED = """() => [...document.querySelectorAll(":is(button, .btn, label, h1, h2, .status, .field-error)")]
  .filter(each => each.closest("main, dialog[open]"))
  .filter(each => each.clientWidth && !each.closest(".vh") && !each.querySelector(".vh"))
  .filter(each => getComputedStyle(each).overflowX !== "visible")
  .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).textOverflow !== "ellipsis")
  .map(each => each.outerHTML.slice(0, 160))"""


def longer(text: str) -> str:
    """Return ``text`` with words of seven letters behind it, two fifths of its length."""
    return text + "".join(islice(cycle(" ëïöüâêî"), max(2, round(len(text) * 0.4)))) if text.strip() else text


@pytest.fixture(autouse=True)
def long_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language of longer words, for whatever goes through gettext in this process, the live server's included."""
    translation.gettext("")
    translation.ngettext("", "", 1)
    real, plural = translation._trans.gettext, translation._trans.ngettext
    monkeypatch.setattr(translation._trans, "gettext", lambda text: longer(real(text)))
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: longer(plural(one, many, n)))
    yield


@pytest.mark.parametrize("name", VISITED)
def test_nothing_is_cut_off_and_nothing_scrolls_sideways(signed_in: SignIn, name: str) -> None:
    page: Any = signed_in("ada", viewport=DESK)
    page.goto(VISITED[name]())
    assert "ëïöü" in page.content()
    assert faults(page) == []


@pytest.mark.parametrize(("address", "opener"), QUESTIONS)
def test_nothing_of_a_question_is_cut_off(signed_in: SignIn, address: str, opener: str) -> None:
    everything()
    failures()
    page: Any = signed_in("ada", viewport=DESK)
    page.goto(address)
    page.locator(opener).first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    assert faults(page) == []


def faults(page: Page) -> list[str]:
    """What is wrong at the width of a desk and at that of a phone."""
    found = []
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        clipped = page.evaluate(CLIPPED)
        found += [f"{size['width']}: {each}" for each in ([f"{wide} px too wide"] if wide > 0 else []) + clipped]
    return found
