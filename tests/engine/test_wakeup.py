"""A sleeping worker hears of work: by NOTIFY on PostgreSQL, by the kernel on SQLite; asking now and then is the net."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.engine import janitor, store
from django_simple_queue.engine.poll import LONGEST, ONCE_MORE, UNDER_A_BELL, Poll
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task, create_tasks
from tests.engine.fleet import TASKS, Fleet, Ledger, enqueue, wait_for_status
from tests.engine.sleeper import elsewhere, pay
from tests.engine.storing import claim, live_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite, pytest.mark.postgres]


WAYS: dict[str, Callable[[], object]] = {
    "one": pay,
    "many": lambda: create_tasks([("shop.tasks.pay", {})] * 3),
    "later": lambda: create_task("shop.tasks.pay", {}, run_after=timedelta(hours=1)),
    "requeued": lambda: Task.objects.all().requeue(),
    "cancellation undone": lambda: Task.objects.filter(status=Task.CANCELLED).undo_cancel(),
    "started now": lambda: Task.objects.all().start_now(),
    "older code": lambda: Task.objects.filter(status=Task.FAILED).update(status=Task.QUEUED),
    "run again": lambda: Task.objects.all().run_again(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whatever_puts_a_task_into_the_queue_rings(sleeper, way):
    for status in (Task.COMPLETED, Task.FAILED, Task.CANCELLED):
        Task.objects.create(task="shop.tasks.pay", status=status, finished=timezone.now())
    Task.objects.create(task="shop.tasks.pay", run_after=timezone.now() + timedelta(hours=1))
    worker = sleeper()
    assert worker.bell.rings
    elsewhere(way)
    worker.hears_work()


def test_a_bell_goes_on_after_the_connection_was_replaced(sleeper):
    worker = sleeper()
    for _ in range(3):
        worker.bell.down()
        store.disconnect()
        worker.bell.hang()
        elsewhere(pay)
        worker.hears_work()


def test_what_came_along_with_an_answer_is_heard(sleeper):
    """The client library has read it already, so that the selector would sleep on."""
    worker = sleeper()
    elsewhere(pay)
    assert Task.objects.count() == 1
    worker.hears_work()


def test_the_time_of_the_next_task_is_known_exactly():
    worker = live_worker()
    assert janitor.tick(worker.pk).wait is None
    create_task("shop.tasks.pay", {}, run_after=timedelta(hours=2))
    create_task("shop.tasks.pay", {}, run_after=timedelta(hours=1))
    for wait in (janitor.tick(worker.pk).wait, store.turn(worker.pk, (), 1).wait):
        assert wait is not None
        assert 3500 < wait < 3601
    Task.objects.update(run_after=timezone.now() - timedelta(seconds=1))
    done = janitor.tick(worker.pk)
    assert (done.promoted, done.wait) == (2, None)
    assert len(claim(worker, 5)) == 2


def test_looks_become_rarer_until_a_bell_rings() -> None:
    poll = Poll()
    poll.found(5, 5, now=100)
    assert poll.next_at == 100
    poll.found(2, 5, now=100)
    assert poll.next_at == 100 + ONCE_MORE
    for _ in range(10):
        poll.found(0, 5, now=100)
    assert 100 + LONGEST * 0.7 < poll.next_at <= 100 + LONGEST
    poll.ring(now=100.5)
    assert poll.next_at == 100.5
    poll.found(1, 5, now=101, rings=True)
    poll.found(0, 5, now=101, rings=True)
    assert 101 + LONGEST < poll.next_at <= 101 + UNDER_A_BELL


def test_workers_start_what_is_scheduled(fleet: Fleet, ledger: Ledger) -> None:
    fleet.ready("--concurrency", "1")
    scheduled = create_task(TASKS + "noop", {}, run_after=timedelta(seconds=0.5))
    wait_for_status(scheduled, Task.COMPLETED)
    task = Task.objects.get(pk=scheduled)
    assert task.started >= task.run_after
    wait_for_status(enqueue("noop"), Task.COMPLETED)
