"""task_worker --burst: what it does not leave behind, when it gives up, and what it says meanwhile."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import burst as module
from django_simple_queue.engine import events
from django_simple_queue.engine.burst import PATIENCE_SECONDS, TELL_SECONDS, Burst
from django_simple_queue.engine.events import JsonLines
from django_simple_queue.engine.options import Options
from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue
from tests.engine.storing import HOURS
from tests.engine.storing import enqueue as rows

pytestmark = [pytest.mark.sqlite, pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.django_db]


@pytest.fixture
def burst(monkeypatch: pytest.MonkeyPatch) -> Burst:
    """Begun at 100, and without a worker around it."""
    monkeypatch.setattr(module, "clock", SimpleNamespace(now=lambda: 100.0))
    link: Any = SimpleNamespace(ask=lambda _, work: work())
    house: Any = SimpleNamespace(expect=lambda wait, now: None)
    return Burst(Options(1, queues=("mail",), burst=True), link, house)


def test_burst_promotes_what_is_due_first(fleet: Fleet) -> None:
    task = Task.objects.get(pk=enqueue("noop"))
    Task.objects.filter(pk=task.pk).update(due=False)
    fleet.burst()
    task.refresh_from_db()
    assert task.status == Task.COMPLETED


def test_a_burst_runs_what_is_to_be_tried_again_at_once(fleet: Fleet) -> None:
    task = Task.objects.get(pk=enqueue("fail", max_attempts=3, backoff=[0]))
    fleet.burst("--concurrency", "1")
    task.refresh_from_db()
    assert (task.status, task.attempt) == (Task.FAILED, 3)


def test_what_is_due_later_is_left(burst: Burst) -> None:
    assert burst.is_over(100.0)
    rows(run_after=timezone.now() + HOURS, queue="mail")
    assert burst.is_over(100.0)
    assert not burst.stuck


def unpromoted(**columns: str) -> None:
    rows(run_after=timezone.now() + HOURS, **columns)
    Task.objects.update(run_after=Now() - timedelta(seconds=1))


def test_a_row_that_nobody_promotes_is_waited_for_a_while(burst: Burst) -> None:
    unpromoted(queue="mail")
    assert not burst.is_over(100.0)
    burst.goes_on()
    assert not burst.is_over(200.0)
    assert not burst.is_over(199.0 + PATIENCE_SECONDS)
    assert burst.is_over(200.0 + PATIENCE_SECONDS)
    assert burst.stuck


def test_what_nobody_promotes_of_other_queues_is_not_waited_for(burst: Burst) -> None:
    unpromoted(queue="media")
    assert burst.is_over(100.0)
    assert not burst.stuck


def test_it_says_every_few_seconds_how_far_it_is(
    burst: Burst, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_COUNTED", 5)
    caplog.set_level(logging.INFO, "django_simple_queue.worker")
    rows(3, queue="mail")
    rows(4, queue="media")
    for status in [Task.COMPLETED] * 1200 + [Task.QUEUED, None]:
        burst.ended(status)
    for now in (99.0 + TELL_SECONDS, 100.0 + TELL_SECONDS, 101.0 + TELL_SECONDS):
        burst.tell(now)
    assert caplog.messages == ["1 200 done, 3 left, 240/s"]
    line = json.loads(JsonLines().format(caplog.records[0]))
    progress = {"event": "progress", "done": 1200, "failed": 0, "left": 3, "more": False, "per_second": 240.0}
    assert progress.items() <= line.items()
    burst.ended(Task.FAILED)
    rows(2, queue="mail")
    burst.tell(100.0 + 2 * TELL_SECONDS)
    rows(2, queue="mail")
    burst.tell(100.0 + 3 * TELL_SECONDS)
    assert caplog.messages[1:] == ["1 201 done (1 failed), 5 left, 0.2/s", "1 201 done (1 failed), over 5 left, 0.0/s"]


def test_a_worker_that_stays_says_nothing(burst: Burst, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "django_simple_queue.worker")
    staying = Burst(Options(1), burst.link, burst.house)
    staying.tell(1000.0)
    assert not staying.is_over(1000.0)
    assert not caplog.messages
