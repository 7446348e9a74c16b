"""Sentences with a number say one thing of one and another of many."""

from __future__ import annotations

import pytest

from dashboard import undo_words, wording
from dashboard.selectors import health
from dashboard.selectors.fleet import Fleet


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (lambda n: wording.started("requeue", n), {1: "Requeueing 1 task; the", 2: "Requeueing 2 tasks; the"}),
        (lambda n: undo_words.outcome_words({"changed": n}), {1: "1 was changed since", 2: "2 were changed since"}),
        (lambda n: wording.left_alone("requeue", "never", n), {1: "is never to be", 2: "are never to be"}),
        (lambda n: wording.done_by("cancel", "omar", n), {1: "was already cancelled", 2: "were already cancelled"}),
        (lambda n: health.room(Fleet(slots=n), 0), {1: "of 1 slot, 1 free", 2: "of 2 slots, 2 free"}),
    ],
)
def test_one_is_not_many(said, words):
    assert {number: said(number)[: len(text)] for number, text in words.items()} == words
