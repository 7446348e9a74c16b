"""Other languages need more room: with every text 40 % longer nothing is cut off and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from django.utils import translation

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.dashboard.queue import a_task, a_worker

PAGES = ["/", "/?status=failed", "/enqueue/", "/enqueue/?task=tests.tasks.two_arguments", "/workers/", "/activity/"]
CLIPPED = """() => [...document.querySelectorAll("main :is(button, .btn, label, h1, h2, .status, .field-error)")]
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


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_cut_off_and_nothing_scrolls_sideways(signed_in: SignIn, width: int) -> None:
    failed, _ = a_task(Task.FAILED), a_task()
    a_worker()
    page: Any = signed_in("ada", viewport={"width": width, "height": 900})
    faults = {}
    for path in [*PAGES, f"/tasks/{failed.pk}/"]:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        clipped = page.evaluate(CLIPPED)
        if wide > 0 or clipped:
            faults[path] = (wide, clipped)
        assert "ëïöü" in page.content()
    assert faults == {}
