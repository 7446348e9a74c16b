"""How long a task ran is told by the database as Python would tell it, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Now

from django_simple_queue.models import Task
from django_simple_queue.models.audit.scope import COMPUTED
from django_simple_queue.models.elapsed import Elapsed

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 29, 23, 59, 58, tzinfo=UTC)
SECOND = 1_000_000
MOMENTS = [0, 1, 500, 999_500, 999_600, 999_999, SECOND, SECOND + 999_999, 2 * SECOND + 7, 86_400 * SECOND + 123_456]


def moment(microseconds):
    return BEGIN + timedelta(microseconds=microseconds)


@pytest.mark.parametrize("started", MOMENTS)
def test_it_is_exact_whatever_the_fractions(started):
    rows = [Task(task="a.b", status=Task.COMPLETED, started=moment(started), finished=moment(each)) for each in MOMENTS]
    Task.objects.bulk_create(rows)
    told = Task.objects.annotate(**COMPUTED).values_list("started", "finished", "ran")
    assert [(start, end, ran) for start, end, ran in told if ran != end - start] == []
    for each in MOMENTS:
        ran = timedelta(microseconds=each - started)
        assert Task.objects.alias(**COMPUTED).filter(ran=ran).count() == 1
        assert Task.objects.alias(**COMPUTED).filter(ran__gt=ran).count() == sum(other > each for other in MOMENTS)


def test_what_runs_has_run_until_now_and_what_has_not_begun_has_no_time():
    Task.objects.create(task="a.b", status=Task.PROGRESS, started=Now() - timedelta(hours=1))
    Task.objects.create(task="a.b")
    running, waiting = Task.objects.annotate(**COMPUTED).order_by("-status").values_list("ran", flat=True)
    assert timedelta(hours=1) <= running < timedelta(hours=1, minutes=1)
    assert waiting is None


def test_its_moments_may_have_parameters_of_their_own():
    Task.objects.create(task="a.b", started=BEGIN)
    elapsed = Elapsed(Value(moment(1_234_567), output_field=DateTimeField()), F("started"))
    assert Task.objects.annotate(elapsed=elapsed).get().elapsed == timedelta(microseconds=1_234_567)


def test_sqlite_calls_no_python_for_it():
    if connection.vendor == "sqlite":
        assert "django_timestamp_diff" not in str(Task.objects.annotate(**COMPUTED).filter(ran__gt=timedelta(1)).query)
