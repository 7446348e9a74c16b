"""The signature of a task in the operator's words, and an example of its arguments."""

from __future__ import annotations

import json

import pytest

from dashboard.signature import describe
from tests.dashboard.enqueueing import CHARGE, SHOP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_allowed")]


def test_the_form_starts_with_an_example_that_nearly_fits(clerk):
    call = describe(CHARGE)
    assert json.loads(call.example) == {"invoice_id": 0, "amount": 0.5, "card": None}
    assert call.problems(json.loads(call.example)) == []


def test_a_signature_is_told_in_the_operators_words():
    call = describe(f"{SHOP}.send")
    words = {each.name: each.words for each in call.parameters}
    assert words == {
        "to": "text",
        "template": "one of 2",
        "tags": "list: text",
        "size": "one of 2",
        "day": "date",
    }
    assert {each.name: each.help for each in call.parameters}["template"] == "Which text."
    assert call.summary == "Send something."
    assert call.takes_anything
    assert call.problems({"to": "x", "template": "a", "tags": [], "anything": 1}) == []
    assert call.problems({"to": "x", "template": "c", "tags": []}) == ['template must be: one of "a", "b". It is "c".']


def test_help_of_a_parameter_comes_from_the_docstring():
    call = describe(CHARGE)
    assert [each.help for each in call.parameters] == ["The invoice to charge.", "How much. In euros.", "The card."]
    assert call.details == "Longer words about it."


def test_an_annotation_that_is_no_type_stands_for_any_value(settings):
    path = f"{SHOP}.oddly_annotated"
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {path}
    call = describe(path)
    assert (call.error, [each.words for each in call.parameters]) == ("", ["any value, as JSON"] * 2)
    assert call.problems({"choice": {"a": 1}}) == []
