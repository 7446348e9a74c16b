"""``progress``: what a task says of how far it has come, and what the row makes of it."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest

from django_simple_queue import progress
from django_simple_queue.models import Task
from django_simple_queue.reporting import Progress, heard_by
from django_simple_queue.utils import create_task
from django_simple_queue.worker import execute_task

pytestmark = pytest.mark.django_db


def said(*arguments, **named):
    heard = []
    with heard_by(heard.append):
        progress(*arguments, **named)
    return heard[0]


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ((3100, 5000), Progress(62, "3 100 of 5 000")),
        ((3100, 5000, "invoices sent"), Progress(62, "invoices sent")),
        ((1234567,), Progress(None, "1 234 567")),
        ((None, None, "still downloading"), Progress(None, "still downloading")),
        ((2.5, 10), Progress(25, "2.5 of 10")),
        ((Decimal("1"), 3), Progress(33, "1 of 3")),
        ((12, 10), Progress(100, "12 of 10")),
        ((-1, 10), Progress(0, "-1 of 10")),
        ((0, 0), Progress(None, "0 of 0")),
        ((1, 2, "  two\n lines "), Progress(50, "two lines")),
        ((float("inf"), 2, "no end"), Progress(None, "no end")),
        ((10**400, 10**401), Progress(None, ("10" + " 000" * 133)[:200])),
        ((10**5000, 2), Progress(None, "? of 2")),
        ((1e308, 1e308, "huge"), Progress(100, "huge")),
        ((Decimal("1e999999999"), Decimal("sNaN")), Progress(None, "inf of ?")),
        ((Fraction(1, 3), 1), Progress(33, "0.3 of 1")),
        ((), Progress(None, "")),
    ],
)
def test_the_rule(arguments, state):
    assert said(*arguments) == state


def test_the_last_percent_is_for_the_end():
    assert said(9_999, 10_000).percent == 99


def test_a_message_fits_its_column_and_any_database():
    message = said(message="a\x00b\ud800" + "ü" * 500).message
    assert len(message) == Task._meta.get_field("progress_message").max_length
    assert message.startswith("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}ü")


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ({"done": "3"}, "done must be a number or None, not '3'"),
        ({"done": 1, "total": True}, "total must be a number or None, not True"),
        ({"message": 5}, "message must be text, not 5"),
    ],
)
def test_a_wrong_call_is_told_even_where_nobody_listens(named, complaint):
    with pytest.raises(TypeError, match=complaint):
        progress(**named)


def test_outside_a_worker_it_does_nothing():
    assert progress(1, 2) is None


def test_the_package_can_be_imported_before_django_is_set_up():
    code = (
        "import sys, django_simple_queue; django_simple_queue.progress(1, 2); "
        "sys.exit('django_simple_queue.models' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PATH": "/usr/bin"}, timeout=60)


def test_execute_task_shows_it_too():
    task = create_task("tests.tasks.show_and_wait", {"go": "/"})
    execute_task(task)
    row = Task.objects.get(pk=task)
    assert (row.status, row.progress, row.progress_message) == (Task.COMPLETED, 100, "all of them")
