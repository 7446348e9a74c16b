"""A day ends when its last hour does, also where the clocks go back at midnight and show that hour twice."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters, scopes
from dashboard.periods import moment
from django_simple_queue.models import Task
from tests.dashboard.queue import a_task, page, shown

LAST = datetime(2026, 10, 29, 21, 59, 59, 999_999, UTC)
NOON = datetime(2026, 10, 30, 12, tzinfo=UTC)


def test_until_a_day_means_its_second_last_hour_too():
    with timezone.override(ZoneInfo("Africa/Cairo")):
        assert moment("2026-10-29", ends=True) == LAST
        assert moment("2026-10-29T23:30") < moment("2026-10-29", ends=True) < moment("2026-10-30")


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Kolkata", "UTC"])
def test_what_yesterday_counted_its_frozen_link_lists(ada, zone):
    with timezone.override(ZoneInfo(zone)):
        scope = scopes.freeze(filters.read(QueryDict("status=failed&time=yesterday")), NOON, payload=True)
        midnight = moment("2026-10-30")
    within, after = (a_task(Task.FAILED, finished=when) for when in (moment("2026-10-29T09:00"), midnight))
    Task.objects.update(modified=NOON)
    assert list(scope.rows("requeue").values_list("pk", flat=True)) == [within.pk]
    assert shown(page(ada, scope.query)) == [str(within.pk)]
    assert str(after.pk) not in page(ada, scope.query)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["attempt=1..3", "attempt=3..1", "duration=0s..1m", "duration=1m..0s"])
def test_a_range_may_be_written_either_way_round(ada, query):
    task = a_task(Task.COMPLETED)
    assert shown(page(ada, query)) == [str(task.pk)]
