"""What a filter is set to shows in its select, and is offered there, whether it is known or not."""

from __future__ import annotations

import re

import pytest

from tests.dashboard.answers import text_of
from tests.dashboard.failing import MAIL, decide, failed
from tests.dashboard.queue import CHARGE, SEND, a_task

pytestmark = pytest.mark.django_db


def select(html, name):
    """The values that a select offers, and those that are chosen."""
    inside = re.search(rf'<select id="{name}".*?</select>', html, re.DOTALL)[0]
    return re.findall(r'value="([^"]+)"', inside), re.findall(r'value="([^"]+)" selected', inside)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/activity/?who=zed", "who"),
        ("/activity/?verb=zed", "verb"),
        ("/failures/?task=zed", "task"),
        ("/?task=zed", "task"),
    ],
)
def test_what_nobody_knows_is_shown_as_chosen(ada, address, name):
    assert select(ada.get(address).content.decode(), name)[1] == ["zed"]


def test_a_time_that_there_is_not_is_told(ada):
    assert "“zzz” is left out: you see actions of any time." in text_of(ada.get("/activity/?time=zzz"))
    assert "is left out" not in text_of(ada.get("/activity/?time=24h"))


def test_tabs_of_failures_count_under_the_filters(ada):
    failed(), failed(MAIL, task=SEND)
    numbers = r'id="tab-(open|ignored)".*?<span class="n">(\d+)</span>'
    for query, counted in (("", "20"), ("?task=" + SEND, "10"), ("?task=zed", "00"), ("?q=charge", "10")):
        html = ada.get("/failures/" + query).content.decode()
        assert "".join(number for _, number in re.findall(numbers, html, re.DOTALL)) == counted
    decide(ada, "ignore", ada.get("/failures/").content.decode(), MAIL)
    html = ada.get("/failures/?task=" + SEND).content.decode()
    assert [number for _, number in re.findall(numbers, html, re.DOTALL)] == ["0", "1"]


@pytest.mark.usefixtures("without_allowlist")
def test_without_an_allowlist_the_tasks_that_are_listed_can_be_chosen(ada):
    a_task(), a_task(task=CHARGE)
    assert select(ada.get("/").content.decode(), "task")[0] == [CHARGE, SEND]
    proposed = text_of(ada.get("/tasks/suggestions/", {"q": "task:charge"}))
    assert f"task:{CHARGE}" in proposed
    assert SEND not in proposed
