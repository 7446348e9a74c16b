from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_simple_queue.text import REPLACEMENT, bounded, cut_bytes, storable, storable_end

ANY_TEXT = st.text(alphabet=st.characters(), max_size=400) | st.text(
    alphabet=st.sampled_from("\x00\ud800\udfff\U0001f600äa\n"), max_size=400
)
LIMITS = st.integers(min_value=0, max_value=2000)


@given(ANY_TEXT, LIMITS)
@example("\udfff" * 100, 7)
@example("\U0001f600" * 300, 120)
def test_stored_text_is_valid_and_within_its_limit(value, limit):
    stored = storable(value, limit)
    encoded = stored.encode("utf-8")
    assert len(encoded) <= limit
    assert b"\x00" not in encoded


@given(st.text(), LIMITS)
def test_text_that_fits_and_is_valid_is_left_alone(value, limit):
    if "\x00" not in value and len(value.encode()) <= limit:
        assert storable(value, limit) == value


@given(ANY_TEXT)
def test_only_what_a_database_refuses_is_replaced(value):
    stored = storable(value, 10_000)
    assert len(stored) == len(value)
    for before, after in zip(value, stored, strict=True):
        assert after == (REPLACEMENT if before == "\x00" or "\ud800" <= before <= "\udfff" else before)


@given(ANY_TEXT, st.integers(min_value=1, max_value=2000))
@example("\x00" * 5, 7)
@example("\U0001f600" * 300, 121)
def test_of_an_end_the_last_bytes_are_kept_and_nothing_else(value, limit):
    kept, whole = storable_end(value, limit), storable(value, 10_000)
    assert whole.endswith(kept)
    assert len(kept.encode()) <= limit
    assert kept == whole or len(kept.encode()) > limit - 4


def test_a_cut_keeps_head_and_tail_and_says_how_much_is_missing():
    cut = bounded("a" * 5000 + "z" * 5000, 1000)
    assert cut.startswith("a" * 700)
    assert cut.endswith("z" * 200)
    assert "[... 9,000 bytes dropped ...]" in cut


def test_the_marker_can_report_more_than_what_is_cut_here():
    assert b"[... 1,234,567 bytes dropped ...]" in cut_bytes(b"x" * 2000, 500, dropped=1_234_567)


@pytest.mark.parametrize("limit", range(0, 60))
def test_a_limit_smaller_than_the_marker_is_still_a_limit(limit):
    assert len(cut_bytes(b"x" * 1000, limit)) <= limit
