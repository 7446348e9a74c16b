"""A secret inside a list that is edited: it stays with what it belonged to, or it is asked for again."""

from __future__ import annotations

import json

import pytest

from dashboard.keeping import REDACTED, Kept
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_args
from django_simple_queue.utils import create_task
from tests.dashboard.enqueueing import SHIP, inputs, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
ALICE = {"user": "alice", "password": "of-alice-1234"}
BOB = {"user": "bob", "password": "of-bob-123456"}
CAROL = {"user": "carol", "password": "of-carol-1234"}


def masked(account):
    return {**account, "password": REDACTED}


def restored(stored, typed):
    """What becomes of ``typed``, and whether the whole value was asked for."""
    problems = {}
    shown = redact_args(SHIP, json.dumps({"accounts": stored}))
    found = Kept({"accounts": stored}, shown).restored({"accounts": typed}, problems, "a")
    return found.get("accounts"), list(problems)


@pytest.mark.parametrize(
    "typed",
    [
        [masked(BOB), CAROL],
        [masked(BOB), masked(ALICE)],
        [masked(ALICE), masked({**BOB, "user": "ben"})],
        [masked(BOB)],
        [masked(ALICE), masked(BOB), CAROL],
    ],
    ids=["one removed, one added", "swapped", "renamed", "removed", "added"],
)
def test_no_account_gets_the_secret_of_another(typed):
    assert restored([ALICE, BOB], typed) == (None, ["a.accounts"])
    assert restored({"of": [ALICE, BOB]}, {"of": typed}) == (None, ["a.accounts"])
    assert restored([[ALICE, BOB], "x"], [typed, "x"]) == (None, ["a.accounts"])


def test_what_stands_where_it_was_shown_keeps_its_secret():
    assert restored([ALICE, BOB], [masked(ALICE), masked(BOB)]) == ([ALICE, BOB], [])
    assert restored([ALICE, BOB], [masked(ALICE), CAROL]) == ([ALICE, CAROL], [])
    assert restored([ALICE, BOB], [CAROL, masked(BOB)]) == ([CAROL, BOB], [])
    assert restored([ALICE, BOB], [BOB]) == ([BOB], [])
    assert restored({"of": [ALICE, 1]}, {"of": [masked(ALICE), 2]}) == ({"of": [ALICE, 2]}, [])


def test_of_secrets_that_look_alike_in_a_changed_list_none_is_guessed():
    first, second = {"password": "first-secret"}, {"password": "second-secret"}
    assert restored([first, second], [masked(first), CAROL]) == (None, ["a.accounts"])
    assert restored([first, second], [masked(first), masked(second)]) == ([first, second], [])
    assert restored([first, first], [masked(first), CAROL]) == ([first, CAROL], [])


@pytest.mark.parametrize("as_json", [False, True])
def test_the_form_asks_for_the_whole_value_and_makes_no_task(clerk, as_json):
    stored = {"to": "Eva", "order": 7, "meta": {"accounts": [ALICE, BOB]}}
    task_id = create_task(SHIP, stored)
    changed = {"accounts": [masked(BOB), CAROL]}
    form = inputs(text(clerk.get(f"/enqueue/?from={task_id}"))) | {"a.meta": json.dumps(changed)}
    sent = {"args": json.dumps({**stored, "meta": changed})} if as_json else form
    answer = post(clerk, f"from={task_id}", **sent)
    assert answer.status_code == 422
    assert "type the whole value" in text(answer)
    assert Task.objects.count() == 1
