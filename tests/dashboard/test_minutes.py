"""What ended in each of the last minutes: what is long over is counted once, what may still come in anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.formats import CAP
from dashboard.selectors import scalars
from dashboard.selectors.minutes import SHOWN, STILL_COMING, Minutes
from django_simple_queue.models import Task
from tests.dashboard.queue import a_task

pytestmark = pytest.mark.django_db
EDGES = 2


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=30)


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


def ended(now: datetime, age: float) -> Task:
    return a_task(Task.COMPLETED, finished=now - timedelta(minutes=age))


def told(minutes: Minutes, now: datetime) -> tuple[int, ...]:
    return minutes.told(now, scalars.ask(minutes.questions(now)))


def test_each_whole_minute_has_its_count_the_oldest_first(minutes, now):
    for age in (0, 1, 1, 5, SHOWN, SHOWN + 1):
        ended(now, age)
    counts = told(minutes, now)
    assert len(counts) == SHOWN
    assert {SHOWN - place: count for place, count in enumerate(counts) if count} == {1: 2, 5: 1, SHOWN: 1}


def test_the_newest_are_asked_for_anew_and_the_others_once(minutes, now):
    assert len(minutes.questions(now)) == SHOWN + EDGES
    told(minutes, now)
    assert len(minutes.questions(now)) == STILL_COMING + EDGES
    ended(now, STILL_COMING)
    assert told(minutes, now)[-STILL_COMING] == 1


def test_a_minute_is_remembered_by_its_time_not_by_its_age(minutes, now):
    ended(now, 5)
    told(minutes, now)
    later = told(minutes, now + timedelta(minutes=2))
    assert (later[-7], sum(later)) == (1, 1)
    assert sum(told(minutes, now + timedelta(minutes=SHOWN))) == 0


@pytest.mark.parametrize("second", [0, 30])
def test_a_window_begins_and_ends_within_a_minute(minutes, now, second):
    now = now.replace(second=second, microsecond=0)
    for age in (0, 1, 14, 15, 15.1):
        ended(now, age)
    answers = scalars.ask(minutes.questions(now))
    minutes.told(now, answers)
    assert minutes.in_window(now, answers) == 4
    assert minutes.in_window(now, answers | {"ended_last": CAP + 1}) is None
