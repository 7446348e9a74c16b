"""LISTEN and NOTIFY: one call for each transaction and queue, after its commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_simple_queue import wake
from django_simple_queue.engine import promoting
from django_simple_queue.models import Task
from django_simple_queue.models.control import pause_queue, pause_worker, resume_queue, resume_worker
from django_simple_queue.utils import create_task
from tests.engine.sleeper import Sleeper, elsewhere, pay
from tests.engine.storing import live_worker, released, running, write
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def roll_back() -> None:
    with transaction.atomic():
        pay()
        transaction.set_rollback(True)


def test_what_was_rolled_back_rings_nobody(sleeper):
    worker = sleeper()
    elsewhere(roll_back)
    elsewhere(pay)
    worker.hears_work()
    worker.listen()
    assert worker.work == 1


def test_a_worker_hears_of_its_queues_only(sleeper):
    mail, everything = sleeper("mail"), Sleeper()
    create_task("shop.tasks.pay", {}, queue="media")
    create_task("shop.tasks.pay", {}, queue="mail")
    mail.hears_work()
    assert mail.work == 1
    assert not everything.bell.rings


def test_a_transaction_rings_once_for_each_queue():
    with transaction.atomic():
        for number in range(20):
            create_task("shop.tasks.pay", {}, queue=f"queue-{number % 2}")
        assert calls() == ["queue-0", "queue-1"]


def test_a_savepoint_that_is_rolled_back_takes_no_ring_with_it():
    with transaction.atomic():
        with transaction.atomic():
            pay()
            transaction.set_rollback(True)
        pay()
        assert calls() == ["default"]


def calls() -> list[str]:
    return [call.payload for _, call, _ in connection.run_on_commit if isinstance(call, wake.Call)]


def test_a_cancellation_rings_for_who_runs_the_task(sleeper):
    run = running(live_worker())
    worker = sleeper()
    elsewhere(Task.objects.filter(pk=run.id).cancel)
    wait_until(lambda: worker.listen() or worker.cancel, 10, "the cancellation is heard of")


def test_what_has_become_due_rings_for_all(sleeper):
    """The one that promotes it may have no room for it."""
    later = Task.objects.create(task="shop.tasks.pay", args="{}", run_after=timezone.now() + timedelta(hours=1))
    Task.objects.filter(pk=later.pk).update(run_after=Now() - timedelta(seconds=1))
    worker = sleeper()
    elsewhere(promoting.promote)
    worker.hears_work()


def test_what_a_worker_gives_back_rings_for_the_others(sleeper):
    giver = live_worker()
    run = running(giver)
    worker = sleeper()
    elsewhere(lambda: write(giver, released(run)))
    worker.hears_work()


def test_the_end_of_a_pause_rings(sleeper):
    paused = live_worker()
    pause_queue("mail")
    pause_worker(paused.pk)
    worker = sleeper("mail")
    elsewhere(lambda: resume_queue("mail"))
    worker.hears_work()
    elsewhere(lambda: resume_worker(paused.pk))
    worker.hears_work()


def test_who_commits_by_hand_rings_as_well(sleeper):
    worker = sleeper()

    def by_hand() -> None:
        transaction.set_autocommit(False)
        pay()
        transaction.commit()
        transaction.set_autocommit(True)

    elsewhere(by_hand)
    worker.hears_work()


def durability() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])


@pytest.fixture
def durable() -> Iterator[None]:
    """The tests' own server does not wait for its disk otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = 'on'")
        yield
        cursor.execute("RESET synchronous_commit")


def test_a_call_waits_for_no_disk_and_whoever_made_it_still_does(durable):
    with CaptureQueriesContext(connection) as said:
        pay()
    assert "'off'" in said[-1]["sql"]
    assert durability() == "on"
    with transaction.atomic():
        wake.Call("default", wake.WORK)()
        assert durability() == "on"
    connection.set_autocommit(False)
    pay()
    assert durability() == "on"
    connection.rollback()
    connection.set_autocommit(True)
