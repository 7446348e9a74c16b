"""Lists and objects under the name of a secret, in text: nested, cut, and in the trace of an error."""

from __future__ import annotations

import pytest

from django_simple_queue.redaction import redact_text

TASK = "shop.tasks.connect"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'secret': {'v': {'w': 'a'}, 'x': 'b'}, 'n': 1}", "{'secret': [redacted], 'n': 1}"),
        ('"tokens": [\n  "a",\n  "b"\n], "n": 1', '"tokens": [redacted], "n": 1'),
        ('"tokens": [\n  "a",\n  "b', '"tokens": [redacted]'),
    ],
)
def test_all_of_it_is_masked(text: str, shown: str) -> None:
    assert redact_text(TASK, "{}", text) == shown


@pytest.mark.parametrize("indent", ["", "  | "])
@pytest.mark.parametrize("opened", ["[", "{"])
def test_a_trace_that_shows_the_first_line_of_one_is_read_on(opened: str, indent: str) -> None:
    before, after = f"{indent}    tokens = ", f'\n{indent}  File "shop/tasks.py", line 10, in each\nValueError: no user'
    assert redact_text(TASK, "{}", f"{before}{opened}\n{indent}     ^{after}") == f"{before}[redacted]{after}"


@pytest.mark.parametrize("unit", ["token:{", "token:{{", "token:" + "{" * 500, "token:[\n", 'token:[\n  File "'])
def test_a_megabyte_of_bait_is_read_to_its_end(unit: str) -> None:
    """A pattern that goes back and forth over the text would run into the suite's time limit of a test."""
    assert redact_text(TASK, "{}", unit * (1_000_000 // len(unit)) + '\n  File "the end').endswith("the end")
