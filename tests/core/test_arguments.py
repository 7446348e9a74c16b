"""What a task is given: what JSON does not carry is refused by name, the rest comes back as it went in."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.core.rows import PATH

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (None, "args should be of type dict, not NoneType"),
        ([1], "args should be of type dict, not list"),
        ('{"a": 1}', "args should be of type dict, not str"),
        ({"at": datetime(2026, 1, 2)}, r"args\['at'\] is a datetime .* Pass value.isoformat\(\)"),
        ({"at": date(2026, 1, 2)}, r"args\['at'\] is a date .*isoformat"),
        ({"user": User(pk=3)}, r"args\['user'\] is a User .* Pass its primary key"),
        ({"rate": float("nan")}, r"args\['rate'\] is nan, which JSON does not have"),
        ({"rate": [0, float("-inf")]}, r"args\['rate'\]\[1\] is -inf"),
        ({"price": Decimal("1.5")}, r"args\['price'\] is a Decimal .* Pass text or a number"),
        ({"ids": {1, 2}}, r"args\['ids'\] is a set"),
        ({"customer": object()}, r"args\['customer'\] is an object"),
        ({"raw": b"x"}, r"args\['raw'\] is a bytes"),
        ({"order": {"lines": [{"id": uuid4()}]}}, r"args\['order'\]\['lines'\]\[0\]\['id'\] is a UUID"),
        ({7: "x"}, r"args has the key 7: JSON keys are strings. Use '7'"),
        ({"a": {None: 1}}, r"args\['a'\] has the key None"),
    ],
)
def test_arguments_that_json_does_not_carry_are_refused_by_name(args, words):
    with pytest.raises(TypeError, match=words):
        create_task(PATH, args)
    assert not Task.objects.exists()


def test_arguments_that_contain_themselves_are_refused():
    args = {}
    args["args"] = args
    with pytest.raises(TypeError, match="nested too deeply, or contain themselves"):
        create_task(PATH, args)


def test_numbers_with_a_name_are_numbers():
    assert Task.objects.get(pk=create_task(PATH, {"level": Level.HIGH, "on": True})).arguments == {
        "level": 3,
        "on": True,
    }


def test_arguments_over_the_limit_are_refused_with_both_sizes(settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_ARGS_SIZE = 1000
    create_task(PATH, {"text": "x" * 988})
    with pytest.raises(ValueError, match=r"args are 1,001 bytes as JSON, more than the 1,000 of .*MAX_ARGS_SIZE"):
        create_task(PATH, {"text": "x" * 989})
    with pytest.raises(ValueError, match="1,002 bytes"):
        create_task(PATH, {"text": "ä" * 495})


@given_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(args=st.dictionaries(st.text(), JSON, max_size=4))
def test_arguments_come_back_as_they_went_in(args):
    with transaction.atomic():
        assert Task.objects.get(pk=create_task(PATH, args)).arguments == args
        transaction.set_rollback(True)


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800 pair", "\U0001f600", "\u202etxt"])
def test_text_that_a_database_refuses_still_travels(text):
    assert Task.objects.get(pk=create_task(PATH, {text: text})).arguments == {text: text}
