"""What the console shows can be looked for as it is shown: a short id, a value of an argument, a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from django.utils import timezone

from dashboard.periods import moment
from dashboard.selectors.runs import percentile
from dashboard.wording import many
from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, page, shown

pytestmark = pytest.mark.django_db
ONE = UUID("0193a5b0-7c1e-7abc-8def-10e549b1ab51")


@pytest.mark.parametrize(
    "text", ["49b1ab51", "49B1AB51", "10e549b1ab51", "8def-10e549b1ab51", "0193a5b0", "0193a5b0-7c1e"]
)
def test_a_part_of_an_id_finds_its_task(client, text):
    a_task()
    a_task(id=ONE)
    eva = signed_in(client, operator("eva", "view_task"))
    assert shown(page(eva, f"q={text}")) == [str(ONE)]


@pytest.mark.parametrize("text", ["9b1ab51", "a5b07c1e", "49b1ab5z", "49b1ab52"])
def test_what_is_too_short_or_lies_within_an_id_finds_none(viewer, text):
    a_task(id=ONE)
    assert shown(page(viewer, f"q={text}")) == []


@pytest.mark.parametrize("value", ["abc ", '\\"q\\"', " x", '\\" ', "plain"])
def test_a_click_on_the_value_of_an_argument_finds_its_own_row(viewer, value):
    task = a_task(args=f'{{"name": "{value}"}}')
    a_task(args='{"name": "other"}')
    link = next(each for each in page(viewer).split('href="') if "args=" in each and "other" not in each.split('"')[0])
    address = unescape(link.split('"')[0])
    assert shown(viewer.get(address).content.decode()) == [str(task.pk)]


def test_an_argument_may_be_typed_with_space_around_it(viewer):
    task = a_task(args='{"order_id": 7}')
    for typed in ("+order_id%3D7+", "+order_id+", "order_id%3D%227%22"):
        assert shown(page(viewer, f"args={typed}")) == [str(task.pk)]
    assert len(shown(page(viewer, "args=++"))) == 1


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("named", ["today", "date"])
def test_until_a_day_includes_that_day_and_no_moment_more(viewer, settings, zone, named):
    settings.TIME_ZONE = zone
    timezone.deactivate()
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    end = timezone.make_aware(datetime.combine(start.date() + timedelta(days=1), datetime.min.time()))
    tasks = [a_task() for _ in range(4)]
    moments = (start - timedelta(microseconds=1), start, end - timedelta(microseconds=1), end)
    for task, created in zip(tasks, moments, strict=True):
        Task.objects.filter(pk=task.pk).update(created=created)
    day = "today" if named == "today" else start.date().isoformat()
    assert set(shown(page(viewer, f"since={day}&until={day}"))) == {str(task.pk) for task in tasks[1:3]}


def test_a_time_of_day_ends_at_that_time():
    assert moment("2026-11-24T09:30", ends=True) == moment("2026-11-24T09:30")
    assert moment("yesterday", ends=True) == moment("today") - timedelta(microseconds=1)


def test_all_numbers_are_written_alike():
    assert many("requeue", {"done": 1204, "gone": 1000}) == "Requeued 1\u202f204 of 2\u202f204: 1\u202f000 gone."


def test_the_middle_of_runs_is_one_of_them():
    assert [percentile([1, 9], share) for share in (0.5, 0.95)] == [1, 9]
    assert percentile(range(1, 101), 0.95) == 95
