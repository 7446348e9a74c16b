from __future__ import annotations

from collections import Counter

from dashboard import states, wording
from dashboard.filters import TABS
from tests.docs.pages import tables, text

WORDS = [row[0] for _, rows in tables(text("docs/glossary.md")) for row in rows]
CAUSED_BY = {"requeue": "Requeue", "edit": "Edit and requeue", "mark_failed": "Mark as failed"}


def test_no_word_is_defined_twice():
    assert [word for word, count in Counter(WORDS).items() if count > 1] == []


def test_every_state_of_the_console_is_defined():
    labels = {state.label for state in vars(states).values() if isinstance(state, states.State)}
    assert labels and labels <= set(WORDS)


def test_every_tab_but_all_is_defined():
    assert {str(label) for slug, label in TABS.items() if slug} - {"All"} <= set(WORDS)


def test_every_verb_of_activity_is_defined():
    assert {word_of(verb) for verb in wording.PAST} <= set(WORDS)


def word_of(verb: str) -> str:
    shorter = verb.removesuffix("_queue").removesuffix("_worker").removesuffix("_group")
    return CAUSED_BY.get(verb, shorter.replace("_", " ").capitalize())
