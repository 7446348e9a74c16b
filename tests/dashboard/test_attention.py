"""The sentences above the numbers: each kind of trouble, with its count, its rate and its next action."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from dashboard.selectors import attention, snapshot
from django_simple_queue.models import Attempt, QueuePause, Task
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, later, shown

pytestmark = pytest.mark.django_db


def told():
    return [sentence.title for sentence in attention.attention(snapshot.take())]


def failure(minutes_ago, task=CHARGE, fingerprint="f" * 16, **columns):
    ended = timezone.now() - timedelta(minutes=minutes_ago)
    return a_task(
        Task.FAILED, task=task, fingerprint=fingerprint, finished=ended, error_class="httpx.ConnectTimeout", **columns
    )


def test_a_failure_that_repeats_is_told_with_count_start_and_rate(viewer):
    a_worker()
    group = [failure(minutes) for minutes in (1, 2, 3, 4, 40)]
    failure(300)
    failure(1, task=SEND, fingerprint="e" * 16)
    since = timezone.localtime(group[-1].finished)
    sentence = attention.attention(snapshot.take())[0]
    assert sentence.title.startswith("charge_invoice: ConnectTimeout, 5 since ")
    assert sentence.title.endswith(f"{since:%H:%M}")
    assert sentence.detail == "Still failing, 4 in the last 5 min."
    html = viewer.get("/").content.decode()
    assert unescape(sentence.title) in unescape(html)
    listed = shown(viewer.get(f"/?{sentence.query}").content.decode())
    assert set(listed) == {str(task.pk) for task in group}, "the number opens exactly what it counts"


def test_a_failure_that_has_stopped_is_told_as_quiet():
    a_worker()
    for minutes in (8, 9, 10):
        failure(minutes)
    assert attention.attention(snapshot.take())[0].detail == "Quiet for 8 min."


def test_a_queue_that_nobody_serves_is_told():
    a_worker(queues="default, mail")
    a_task(queue="media")
    a_task(queue="mail")
    a_task(queue="later", **later(60))
    assert told() == ["No worker serves the queue media"]
    QueuePause.objects.create(queue="media", reason="moving")
    from dashboard.selectors.trouble import trouble

    trouble.forget()
    assert told() == []


def test_workers_that_claim_nothing_are_told():
    a_worker()
    a_task(age=240)
    assert told() == ["No worker has claimed anything for 4 min"]


def began(minutes_ago):
    return timezone.now() - timedelta(minutes=minutes_ago)


def an_attempt(task, minutes_ago, outcome="failed"):
    return Attempt.objects.create(task=task, epoch=task.epoch, attempt=1, started=began(minutes_ago), outcome=outcome)


@pytest.mark.parametrize("outcome", ["failed", "lost", "cancelled"])
def test_a_run_was_claimed_whatever_became_of_it(outcome):
    a_worker()
    a_task(age=240)
    a_task(Task.COMPLETED, started=began(30), finished=began(29))
    retrying = a_task(age=600, epoch=1, attempt=1, **later(60))
    an_attempt(retrying, 1, outcome)
    assert told() == []


@pytest.mark.parametrize("minutes", [3, 90])
def test_it_is_told_since_when_nothing_was_claimed(minutes):
    a_worker()
    a_task(age=240)
    a_task(Task.COMPLETED, started=began(minutes + 60), finished=began(minutes - 1))
    a_task(Task.COMPLETED, started=began(minutes), finished=began(minutes - 0.5))
    a_task(Task.COMPLETED, started=began(minutes + 30), finished=began(minutes - 1))
    an_attempt(a_task(Task.FAILED, started=began(minutes + 1), finished=began(2)), minutes + 1)
    waited = {3: "3 min", 90: "90 min"}[minutes]
    assert told() == [f"No worker has claimed anything for {waited}"]


def test_a_queue_that_grows_is_told_with_both_rates():
    a_worker(slots=1)
    a_task(Task.PROGRESS, age=5, worker=None)
    Task.objects.bulk_create([Task(task=SEND, queue="mail") for _ in range(150)])
    for _ in range(5):
        a_task(Task.COMPLETED, queue="mail")
    assert "The queue mail grows: 31 in, 1 out a minute" in told()


def test_there_are_three_sentences_at_the_most():
    a_worker(queues="default")
    for minutes in (1, 2, 3):
        failure(minutes)
    for queue in ("a", "b", "c"):
        a_task(queue=queue, age=900)
    a_task(Task.PROGRESS, age=900)
    assert len(told()) == 3


def test_a_slow_rate_is_told_as_a_count():
    a_worker()
    for minutes in (1, 6, 7):
        failure(minutes)
    assert attention.attention(snapshot.take())[0].detail == "Still failing, 1 in the last 5 min."


def test_a_fast_rate_is_told_by_the_minute():
    a_worker()
    for _ in range(15):
        failure(1)
    assert attention.attention(snapshot.take())[0].detail == "Still failing, 3 a minute."
