"""What people paste or type in the search box that is no text: it is understood, or they are told what to write."""

from __future__ import annotations

import pytest

from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, page

pytestmark = pytest.mark.django_db


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
