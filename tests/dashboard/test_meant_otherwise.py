"""What people paste or type in the search box that is no text: it is understood, or they are told what to write."""

from __future__ import annotations

import re
from html import unescape

import pytest

from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, page

pytestmark = pytest.mark.django_db
CHARGE, SHIP = "tests.dashboard.shop.charge", "tests.dashboard.shop.ship"


@pytest.mark.parametrize("rest", ["", "/", "/?more=log", "/#error"])
def test_the_address_of_a_task_leads_to_it(ada, rest):
    task = a_task(Task.FAILED)
    answer = ada.get("/", {"q": f" https://ops.example.com/queue/tasks/{task.pk}{rest} "})
    assert answer["Location"] == f"/tasks/{task.pk}/"


def test_another_address_is_text(ada):
    assert ada.get("/", {"q": "https://shop.example.com/tasks/7/"}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Failed", "To list tasks by their status write status:failed."),
        ("foo:bar", "foo: is no word that the search knows"),
        ("Foo:bar", "Foo: is no word that the search knows"),
        ("eva queue:", "Write behind queue: what to look for"),
        ("Queue:", "Write behind Queue: what to look for"),
    ],
)
def test_nothing_found_of_what_looks_like_a_word_of_the_search_says_what_to_write(ada, typed, said):
    task = a_task(Task.COMPLETED)
    assert said in page(ada, f"q={typed}")
    Task.objects.filter(pk=task.pk).update(args=f'{{"text": "{typed}"}}')
    assert said not in page(ada, f"q={typed}")


@pytest.mark.parametrize("typed", ["eva", "CardDeclined: no funds", "https://shop.example.com/", "said:"])
def test_text_is_no_word_of_the_search(ada, typed):
    a_task(Task.COMPLETED)
    html = page(ada, f"q={typed}")
    assert "Nothing matches" in html
    assert "is no word that" not in html


def test_values_are_proposed_for_a_key_in_any_case(ada):
    assert "status:failed" in ada.get("/tasks/suggestions/", {"q": "Status:fai"}).content.decode()


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("failed", "status:failed"),
        ("Failed charge", "status:failed task:charge"),
        ("Charge a card", "task:charge"),
        ("charge a CARD 46742", "task:charge 46742"),
        ("charge 46742", "task:charge 46742"),
        ("#46742", "46742"),
        ("order 46742", "46742"),
        ("order_id: 46742", "46742"),
        ("status:failed order 46742", "46742"),
        ("task:charge 46742", ""),
        ("46742", ""),
        ("eva meier", ""),
        ("eva 7 8", ""),
        ("a task:charge b", ""),
        ("it's", ""),
        ("'eva meier'", ""),
    ],
)
def test_nothing_found_of_a_text_offers_what_it_may_have_meant(ada, settings, typed, instead):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"title": "Charge a card"}, SHIP: {"title": "Task"}}
    a_task(Task.FAILED)
    html = ada.get("/", {"q": typed}, follow=True).content.decode()
    assert "Nothing matches" in html
    offered = re.findall(r'href="([^"]+)">\s*<svg[^>]*>.*?</svg>\s*Search for ([^<]*?)\s*</a>', html, re.DOTALL)
    assert [text for _, text in offered] == ([instead] if instead else [])
    for address, _ in offered:
        assert ada.get(unescape(address)).status_code in (200, 302)


def test_what_is_found_offers_nothing_else(ada):
    a_task(Task.FAILED, args='{"order": 46742}')
    assert "Search for" not in page(ada, "q=46742")
