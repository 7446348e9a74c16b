"""The option coerce: arguments reach the task as its annotations want them, or the run fails in a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from django_simple_queue.coercion import coerced
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from django_simple_queue.worker import execute_task

PATH = f"{__name__}.tell"


class Size(Enum):
    SMALL = "s"
    LARGE = ("l", 2)


@dataclass
class Line:
    sku: str
    price: Decimal
    sizes: list[Size] = field(default_factory=list)


@dataclass
class Paid:
    cents: int

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise ValidationError("nobody pays less than nothing")
        if not self.cents:
            raise LookupError


def tell(when: datetime, day: date | None = None, amount: Decimal = Decimal(0), size: Size = Size.SMALL) -> str:
    return f"{when.tzinfo} {day!r} {amount!r} {size}"


def take(**_kinds: Any) -> None:
    pass


def converted(annotation: Any, value: Any) -> Any:
    def function(value):
        return value

    function.__annotations__ = {"value": annotation}
    return coerced(function, {"value": value})["value"]


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        (date, "2026-12-31", date(2026, 12, 31)),
        (time, "18:00", time(18)),
        (datetime, "2026-12-31T18:00:00Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
        (Decimal, "1.50", Decimal("1.50")),
        (Decimal, 0.1, Decimal("0.1")),
        (UUID, "0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10", UUID("0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10")),
        (Size, "s", Size.SMALL),
        (Size, "LARGE", Size.LARGE),
        (set[int], [1, 2], {1, 2}),
        (tuple[int, date], [1, "2026-12-31"], (1, date(2026, 12, 31))),
        (tuple[date, ...], ["2026-12-31"], (date(2026, 12, 31),)),
        (list[Decimal], ["1"], [Decimal(1)]),
        (dict[str, date], {"a": "2026-12-31"}, {"a": date(2026, 12, 31)}),
        (date | None, None, None),
        (date | str, "soon", "soon"),
        (int | Decimal, "1.5", Decimal("1.5")),
        (UUID | Decimal, 7, Decimal(7)),
        (Annotated[date, "help"], "2026-12-31", date(2026, 12, 31)),
        (Literal["a"], "a", "a"),
        (Line, {"sku": "x", "price": "9.9", "sizes": ["s"]}, Line("x", Decimal("9.9"), [Size.SMALL])),
        (float, 1, 1.0),
        (Any, {"a": 1}, {"a": 1}),
        (str, 7, 7),
    ],
)
def test_a_value_becomes_what_the_annotation_says(annotation, value, wanted):
    found = converted(annotation, value)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (date, "31.12.2026"),
        (Decimal, "x"),
        (UUID, "x"),
        (UUID, 7),
        (Line, {"sku": "x", "price": 1, "sizes": 7}),
        (Paid, {"cents": -1}),
        (Size, "xl"),
        (set[int], "text"),
        (tuple[int, int], [1]),
        (Line, {"sku": "x"}),
        (Line, "x"),
        (date | Decimal, "x"),
        (datetime, 7),
    ],
)
def test_a_value_that_cannot_is_named(annotation, value):
    with pytest.raises(ValueError, match=r"^value cannot be converted to "):
        converted(annotation, value)


@pytest.mark.parametrize(
    ("annotation", "words"),
    [(Paid, r"Paid: LookupError\.$"), (Paid | int, r"Paid \| int: LookupError; .+ is not of type int\.$")],
)
def test_an_error_without_words_is_told_by_its_name(annotation, words):
    with pytest.raises(ValueError, match=words):
        converted(annotation, {"cents": 0})


def test_what_has_no_annotation_stays_and_wrapped_functions_are_seen_through():
    assert coerced(take, {"x": "2026-12-31"}) == {"x": "2026-12-31"}
    assert coerced(partial(tell, amount=1), {"day": "2026-12-31"}) == {"day": date(2026, 12, 31)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("coerce", "args", "status", "words"),
    [
        (True, {"when": "2026-12-31T18:00:00Z", "amount": "1.5", "size": "s"}, Task.COMPLETED, "Decimal('1.5')"),
        (True, {"when": "soon"}, Task.FAILED, "when cannot be converted to datetime.datetime"),
        (False, {"when": "soon"}, Task.FAILED, "'str' object has no attribute 'tzinfo'"),
    ],
)
def test_the_worker_converts_only_when_the_option_says_so(settings, coerce, args, status, words):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"coerce": coerce}}
    task_id = create_task(PATH, args)
    execute_task(task_id)
    task = Task.objects.get(pk=task_id)
    assert task.status == status
    assert words in task.output + (task.error or "")
