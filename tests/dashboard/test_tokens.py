"""Words of the search box: quotes keep them together, and everything else is searched as it was typed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from dashboard import tokens
from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task

NASTY = st.text(st.sampled_from("ab:=\\\"' \t\u00e9"), max_size=12) | st.text(max_size=12)


@given(st.lists(NASTY, max_size=4))
def test_what_is_quoted_is_read_back_as_it_was(values):
    typed = " ".join(f"error:{tokens.quoted(value)}" for value in values)
    assert tokens.split(typed) == [f"error:{value}" for value in values]


@given(st.text(st.sampled_from("ab:=\\\"'\u00e9"), min_size=1, max_size=12), NASTY)
def test_the_word_being_typed_is_what_follows_the_words_before(before, value):
    typed = f"{tokens.quoted(before)} error:{tokens.quoted(value)}"
    assert tokens.last_word(typed) == f"error:{tokens.quoted(value)}".replace('"', "")
    assert tokens.last_word(f"{typed} ") == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (r"error:C:\temp", [r"error:C:\temp"]),
        (r'error:"C:\Program Files\x"', [r"error:C:\Program Files\x"]),
        (r"\\host\share a\ b", [r"\\host\share", "a\\", "b"]),
        ("error:'no funds' x", ["error:no funds", "x"]),
        ('args:name="Eva Maria"', ["args:name=Eva Maria"]),
        ('"say ""hi"""', ['say "hi"']),
        ("can't won't", ["can't", "won't"]),
        ('5" disk', ['5"', "disk"]),
        ('status:failed error:"no funds', ["status:failed", "error:no funds"]),
        ('args:name="Eva Maria', ["args:name=Eva Maria"]),
        ("", []),
    ],
)
def test_words(typed, words):
    assert tokens.split(typed) == words


def test_a_word_in_progress_may_be_in_quotes_that_are_not_closed():
    assert tokens.last_word('error:"no funds" sta') == "sta"
    assert tokens.last_word('error:"no fun') == "error:no fun"
    assert tokens.last_word("can't sta") == "sta"


def test_text_beside_a_key_keeps_its_backslashes():
    moved = tokens.spread(QueryDict(r"q=C:\temp+status:failed"))
    assert moved is not None
    assert (moved["q"], moved["status"]) == (r"C:\temp", "failed")


@pytest.mark.django_db
def test_a_backslash_is_searched(client):
    signed_in(client, operator("ada", superuser=True))
    task = a_task(Task.FAILED, error="ValueError: cannot open C:\\temp\\new")
    a_task(Task.FAILED, error="ValueError: cannot open C:temp")
    answer = client.get("/", {"q": r"error:C:\temp status:failed"})
    query = urlsplit(answer["Location"]).query
    assert parse_qs(query) == {"error": [r"C:\temp"], "status": ["failed"]}
    assert [row.task.pk for row in client.get(f"/?{query}").context["page"].rows] == [task.pk]
