"""Every type that a signature may name: typed into its field, it reaches the task as create_task callers pass it."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from inspect import Parameter
from typing import Annotated, Any, Literal, NewType, TypedDict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.fields import NOTHING, kind_of
from dashboard.fields.annotations import member
from dashboard.fields.lists import add_row, remove_row
from tests.dashboard.shop import Address, Ge, Le, Size


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Point(TypedDict, total=False):
    x: int
    y: int


class Doc:
    def __init__(self, documentation: str) -> None:
        self.documentation = documentation


class Bounds:
    min_length = 2
    max_length = 3
    pattern = None


OrderId = NewType("OrderId", int)


def open_kind(annotation):
    return kind_of(annotation, lambda name: False)


def typed(annotation, **raw):
    """What the form makes of ``raw`` ("v" and what is below it): the value, or what is wrong."""
    problems: dict[str, str] = {}
    value = open_kind(annotation).read({key.replace("__", "."): text for key, text in raw.items()}, "v", problems)
    return next(iter(problems.values()), value)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (str, " as typed ", " as typed "),
        (int, " 42 ", 42),
        (int, "9007199254740993", 9007199254740993),
        (int, "-" + "9" * 60, -int("9" * 60)),
        (float, "0.5", 0.5),
        (float, "1e3", 1000.0),
        (float, "7", 7),
        (int | float, "7.5", 7.5),
        (Decimal, "12.50", "12.50"),
        (Decimal, "1E+3", "1E+3"),
        (UUID, "0192F3C17A5E7C449D0A5B1D6E2F8A10", "0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10"),
        (date, "2026-12-31", "2026-12-31"),
        (time, "18:00", "18:00:00"),
        (datetime, "2026-12-31T18:00", "2026-12-31T18:00:00Z"),
        (bool, "true", True),
        (bool | None, "false", False),
        (Literal["a", 7, None], "7", 7),
        (Size, '"l"', "l"),
        (Level, "2", 2),
        (dict, '{"a": [1]}', {"a": [1]}),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (list, "[1, null]", [1, None]),
        (list[list[int]], "[[1], []]", [[1], []]),
        (int | str, '"7"', "7"),
        (Any, "null", None),
        (OrderId, "7", 7),
        (Annotated[int, Ge(1)], "1", 1),
        (Annotated[int | None, Ge(1)], "1", 1),
    ],
)
@pytest.mark.ability(3)
def test_what_is_typed_is_passed_as_json(annotation, text, value):
    found = typed(annotation, v=text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("annotation", "text", "words"),
    [
        (int, "4.0", "not a whole number"),
        (int, "1_000", "not a whole number"),
        (int, "٤", "not a whole number"),
        (int, "9" * 5000, "not a whole number"),
        (float, "0,5", "not a number"),
        (float, "inf", "not a number"),
        (float, "1e999", "not a number"),
        (Decimal, "NaN", "not a decimal number"),
        (Decimal, "1,5", "not a decimal number"),
        (UUID, "7", "not a UUID"),
        (date, "31.12.2026", "not a date"),
        (time, "25:00", "not a time"),
        (datetime, "soon", "not a date and time"),
        (Literal["a"], '"b"', 'must be: one of "a".'),
        (dict, "[1]", "must be: object."),
        (dict[str, int], '{"a": "x"}', "a must be: whole number."),
        (list[list[int]], '[["x"]]', "item item 1 must be: whole number."),
        (int | bool, '"x"', "must be"),
        (Any, "{", "Line 1"),
        (Annotated[int, Ge(1), Le(20)], "21", "from 1 to 20"),
        (Annotated[str, Bounds], "abcd", "2 to 3 long"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(annotation, text, words):
    assert words in str(typed(annotation, v=text))


@pytest.mark.parametrize("annotation", [str, int, float, Decimal, UUID, date, time, datetime, Size, dict, Any])
def test_an_empty_field_is_nothing_and_for_an_optional_kind_null(annotation):
    assert typed(annotation) is NOTHING
    assert typed(annotation | None) is None


def test_empty_text_is_passed_only_when_the_form_says_so():
    assert typed(str, v="") is NOTHING
    assert typed(str, v="", v__empty="text") == ""
    assert typed(str | None, v="") is None
    assert typed(str | None, v="", v__empty="text") == ""
    assert typed(str | None, v="x") == "x"


def test_a_box_that_is_not_ticked_is_false_not_the_default():
    flag = member("flag", bool, True, lambda name: False)
    assert flag.read({}, "a", {}) is False
    assert flag.read({"a.flag": "true"}, "a", {}) is NOTHING


@pytest.mark.parametrize(
    ("annotation", "default", "untouched"),
    [
        (int, 5, {"a.v": "5"}),
        (float, 1, {"a.v": "1"}),
        (Decimal, Decimal("1.5"), {"a.v": "1.5"}),
        (str, "x", {"a.v": "x"}),
        (str, "", {}),
        (str | None, None, {}),
        (list[str] | None, None, {"a.v.n": "0"}),
        (set[int], frozenset({2, 1}), {"a.v.n": "2", "a.v.0": "1", "a.v.1": "2"}),
        (Size, Size.LARGE, {"a.v": '"l"'}),
        (date, date(2026, 1, 2), {"a.v": "2026-01-02"}),
        (Address, Address("Ring"), {"a.v.street": "Ring", "a.v.city": "Wien", "a.v.floors.n": "0"}),
        (object, object(), {}),
    ],
)
def test_a_default_left_alone_is_not_passed(annotation, default, untouched):
    assert member("v", annotation, default, lambda name: False).read(untouched, "a", {}) is NOTHING


def test_rows_are_added_and_removed_with_what_stands_in_them():
    raw = {"v.n": "3", "v.0": "a", "v.1": "b", "v.1.empty": "text", "v.2": "c"}
    remove_row(raw, "v.1")
    assert (raw["v.n"], raw["v.0"], raw["v.1"], "v.1.empty" in raw, "v.2" in raw) == ("2", "a", "c", False, False)
    add_row(raw, "v")
    assert (raw["v.n"], raw["focus"]) == ("3", "v.2")
    assert typed(list[str], v__n="2", v__0="a", v__1="") == ["a"]


@pytest.mark.parametrize("count", ["-1", "x", "9" * 30, "²", ""])
def test_a_senseless_number_of_rows_is_none(count):
    assert typed(list[int], v__n=count) == []


def test_lists_sets_and_tuples():
    assert typed(list[int], v__n="2", v__0="1", v__1="x").startswith("“x” is not")
    assert typed(set[int], v__n="2", v__0="1", v__1="1") == "must hold 1 once only."
    assert typed(list[int] | None, v__n="0") is None
    assert typed(list[int] | None, v__n="0", v__empty="list") == []
    assert typed(tuple[int, str], v__0="1", v__1="a") == [1, "a"]
    assert typed(tuple[int, ...], v__n="1", v__0="1") == [1]
    assert "required" in typed(tuple[int, str], v__0="1")


def test_records():
    assert typed(Address, v__street="Ring", v__city="Wien") == {"street": "Ring"}
    assert typed(Address, v__street="") == "This is required."
    assert typed(Address | None, v__street="Ring").startswith("This is filled in but not ticked")
    assert typed(Address | None, v__on="1", v__street="Ring") == {"street": "Ring"}
    assert typed(Address | None, v__street="", v__city="Wien") is None
    assert typed(Point, v__x="1") == {"x": 1}


def test_help_and_limits_come_from_annotated_without_any_package():
    kind = open_kind(Annotated[int, "How many.", Ge(1)])
    assert (kind.limits.help, kind.limits.words()) == ("How many.", "at least 1")
    assert open_kind(Annotated[str, Doc("From PEP 727.")]).limits.help == "From PEP 727."


def test_times_are_those_of_the_named_zone(settings):
    settings.TIME_ZONE = "Europe/Vienna"
    assert typed(datetime, v="2026-07-01T12:00") == "2026-07-01T12:00:00+02:00"
    assert "Europe/Vienna" in open_kind(datetime).words()
    assert "skip" in typed(datetime, v="2026-03-29T02:30")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
moments = st.datetimes(
    datetime(2, 1, 1), datetime(9990, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))])
)
TYPED = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False).map(str),
    UUID: st.uuids().map(str),
    date: st.dates().map(date.isoformat),
    time: st.times().map(time.isoformat),
    datetime: moments.map(datetime.isoformat),
    list[str]: st.lists(st.text(string.printable)),
    list[int | None]: st.lists(st.none() | st.integers()),
    Address: st.fixed_dictionaries({"street": st.text()}, optional={"city": st.text()}),
}


@pytest.mark.parametrize("annotation", [*TYPED, Any, str | None, list[str] | None, Address | None])
@given(data=st.data())
def test_any_value_shown_in_a_form_comes_back_as_it_was(annotation, data):
    """Fields that cannot show a value hold it as JSON; nothing that was typed is lost on the way to a form and back."""
    of_kind = TYPED.get(annotation, json_values)
    value = data.draw(of_kind | json_values)
    each = member("v", annotation, Parameter.empty, lambda name: False)
    raw: dict[str, str] = {}
    each.fill(raw, "a", value)
    problems: dict[str, str] = {}
    found = each.read(raw, "a", problems)
    assert problems or each.kind.same(found, value)
    assert bool(problems) == bool(each.kind.misfit(value))
