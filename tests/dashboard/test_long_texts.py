"""Long arguments and errors are searched too; what is too long for that is counted, whatever it holds."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from dashboard import scopes
from dashboard.selectors.needles import ARGS_SEARCHED, ERROR_SEARCHED
from django_simple_queue.models import Task
from tests.dashboard.asking import ask
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, a_task, page, row_of, shown

pytestmark = pytest.mark.django_db
ONE = "1 task with very long arguments or a very long error was not looked into."
QUERIES = ("q=48213", "args=order_id%3D48213", "args=48213", "error=no+funds", "q=no+funds")


def long_task(size, **columns):
    args = json.dumps({"order_id": 48213, "password": "hunter2hunter2", "blob": "x" * size})
    return a_task(Task.FAILED, **{"task": CHARGE, "args": args, **columns})


def words(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("query", QUERIES)
def test_a_task_with_many_characters_of_arguments_is_found(viewer, query):
    task = long_task(15_000)
    html = page(viewer, query)
    assert shown(html) == [str(task.pk)]
    row = words(row_of(html, task))
    assert "characters of arguments" in row
    assert "no funds" in row
    assert "not looked into" not in html


def test_a_secret_of_long_arguments_is_not_found(viewer):
    long_task(15_000)
    assert shown(page(viewer, "q=hunter2hunter2")) == []


@pytest.mark.parametrize("query", [*QUERIES, "q=hunter2hunter2", "q=not+there+at+all"])
def test_arguments_too_long_to_be_read_are_counted_whatever_they_hold(viewer, query):
    long_task(ARGS_SEARCHED)
    html = page(viewer, query)
    assert shown(html) == []
    assert ONE in words(html)


def test_beside_what_is_found_it_is_told_what_was_not_looked_into(ada):
    long_task(ARGS_SEARCHED)
    found = a_task(Task.FAILED, args='{"order_id": 48213}')
    html = page(ada, "q=48213")
    assert shown(html) == [str(found.pk)]
    assert ONE in words(html)
    assert ONE in words(ask(ada, query="status=failed&q=48213").content.decode())
    assert ONE in words(ada.get("/export/?q=48213").content.decode())


def test_where_only_such_a_task_is_left_nothing_is_said_to_take_too_long(ada):
    long_task(ARGS_SEARCHED)
    said = words(ask(ada, query="status=failed&q=48213").content.decode())
    assert "Nothing here can be requeued" in said
    assert ONE in said


def test_what_does_not_depend_on_long_texts_is_not_counted(viewer, client):
    task = long_task(ARGS_SEARCHED)
    assert shown(page(viewer, "q=charge_invoice")) == shown(page(viewer, "error=CardDeclined")) == [str(task.pk)]
    Task.objects.update(error=None, error_class="")
    assert "not looked into" not in page(viewer, "error=no+funds")
    eva = signed_in(client, operator("eva", "view_task"))
    assert "not looked into" not in page(eva, "q=48213")


@pytest.mark.parametrize("before", [0, 21_000, 100_000])
def test_a_text_is_found_wherever_it_stands_in_an_error(viewer, before):
    task = a_task(Task.FAILED, error="A" * before + " NEEDLE48213 " + "B" * 4_000)
    for name in ("q", "error"):
        assert shown(page(viewer, f"{name}=NEEDLE48213")) == [str(task.pk)]


def test_an_error_that_is_too_long_is_counted(viewer):
    a_task(Task.FAILED, error="A" * ERROR_SEARCHED + " NEEDLE48213 " + "B" * 4_000)
    for query in ("error=NEEDLE48213", "q=NEEDLE48213", "error=no+such+words"):
        html = page(viewer, query)
        assert (shown(html), ONE in words(html)) == ([], True)


@pytest.mark.parametrize("stored", ["ÄPFEL", "äpfel", "Äpfel"])
@pytest.mark.parametrize("escaped", [True, False])
def test_upper_and_lower_case_are_alike_in_every_alphabet(viewer, stored, escaped):
    args = a_task(args=json.dumps({"name": f"two {stored}"}, ensure_ascii=escaped))
    error = a_task(Task.FAILED, error=f"No {stored} left")
    for typed in ("ÄPFEL", "äpfel", "Äpfel"):
        assert set(shown(page(viewer, f"q={typed}"))) == {str(args.pk), str(error.pk)}
        assert shown(page(viewer, f"args={typed}")) == [str(args.pk)]
        assert shown(page(viewer, f"error={typed}")) == [str(error.pk)]


def test_a_search_that_is_cut_short_says_so(ada, monkeypatch):
    monkeypatch.setattr(scopes, "MOST_FOUND", 1)
    for _ in range(60):
        a_task(Task.FAILED, args='{"order_id": 48213}')
    said = words(ask(ada, query="status=failed&q=48213").content.decode())
    assert "these are the first 50 that were found" in said
