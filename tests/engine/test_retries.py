"""What a worker makes of a run that asks to be tried again, or must not be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue
from tests.engine.storing import failed, live_worker, row, running, write


def once(fleet: Fleet, name: str, *, settings: dict[str, object] | None = None, **options: object) -> Task:
    task = enqueue(name, **options)
    fleet.burst("--concurrency", "1", **(settings or {}))
    return Task.objects.get(pk=task)


def test_a_retry_waits_as_long_as_it_says(fleet: Fleet) -> None:
    task = once(fleet, "ask_again", args={"after": 600}, max_attempts=2)
    assert (task.status, task.due) == (Task.QUEUED, False)
    assert timedelta(seconds=500) < task.run_after - timezone.now() <= timedelta(seconds=601)
    assert task.attempts.get().error_class == "django_simple_queue.outcomes.Retry"


@pytest.mark.parametrize("name", ["ask_again", "ask_again_in_other_words"])
def test_a_retry_with_no_attempt_left_says_why(fleet: Fleet, name: str) -> None:
    task = once(fleet, name)
    assert task.status == Task.FAILED
    assert "No attempt is left (1 of 1)" in (task.error or "")


def test_a_task_that_is_abandoned_is_not_tried_again(fleet: Fleet) -> None:
    task = once(fleet, "give_up", max_attempts=5)
    assert (task.status, task.attempt, task.error_class) == (Task.FAILED, 1, "django_simple_queue.outcomes.Abandon")


@pytest.mark.parametrize(("name", "status"), [("fail", Task.FAILED), ("fail_until", Task.QUEUED)])
def test_only_the_listed_exceptions_are_tried_again(fleet: Fleet, tmp_path, name: str, status: int) -> None:
    args = {"fail": {}, "fail_until": {"ledger": str(tmp_path / "ledger"), "times": 5}}
    options = {f"tests.tasks.{name}": {"retry_on": ["ConnectionError"], "max_attempts": 3, "backoff": [600]}}
    with_list = {"allowed_tasks": options}
    task = once(fleet, name, args=args[name], max_attempts=3, settings=with_list)
    assert (task.status, task.attempt) == (status, 1)


@pytest.mark.django_db
def test_the_backoff_of_the_call_comes_first(settings) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.pay": {"backoff": [600]}}
    worker = live_worker()
    ours, other = running(worker, max_attempts=3, backoff="[60, 120]"), running(worker, max_attempts=3)
    write(worker, failed(ours), failed(other))
    waits = [row(each).run_after - row(each).finished for each in (ours, other)]
    assert waits == [pytest.approx(timedelta(seconds=each), abs=timedelta(seconds=1)) for each in (60, 600)]
