"""MariaDB does not skip through an index by itself: what is asked so that it does not read all that is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from django_simple_queue.engine import janitor, store
from django_simple_queue.engine.store import mysql
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task
from tests.engine.storing import enqueue, live_worker

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db]
QUEUES, PRIORITIES, OF_EACH = ("default", "mail", "media", "paused"), (-1, 0, 7), 50


def due_queues() -> object:
    return opened().due_queues(10)


def longest_due_queue() -> object:
    found = opened().longest_due()
    return found and found[0]


QUESTIONS = pytest.mark.parametrize("ask", [due_queues, longest_due_queue])


@pytest.fixture
def backlog() -> None:
    """One queue is paused; the oldest task waits in another behind those of a higher priority."""
    QueuePause.objects.create(queue="paused", reason="maintenance")
    places = [(queue, priority) for queue in QUEUES for priority in PRIORITIES] * OF_EACH
    Task.objects.bulk_create(Task(task="shop.tasks.pay", queue=queue, priority=priority) for queue, priority in places)
    age("paused", 7, days=9)
    age("media", -1, days=3)
    age("mail", 7, days=2)


def age(queue: str, priority: int, days: int) -> None:
    pk = Task.objects.filter(queue=queue, priority=priority).values_list("pk", flat=True)[:1].get()
    Task.objects.filter(pk=pk).update(run_after=timezone.now() - timedelta(days=days))


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(number) for name, number in cursor.fetchall() if name != "Handler_read_rnd_next")


@QUESTIONS
def test_what_is_read_grows_with_the_queues_not_with_the_backlog(backlog: None, ask: Callable[[], object]) -> None:
    before = rows_read()
    ask()
    assert rows_read() - before <= 4 * len(QUEUES) * len(PRIORITIES)


@QUESTIONS
@pytest.mark.parametrize("steps", [0, 1, 3, 11, 12, 50])
def test_the_answer_is_the_same_in_steps_and_in_one(
    backlog: None, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object], steps: int
) -> None:
    monkeypatch.setattr(mysql, "MOST_STEPS", steps)
    assert ask() == (["mail", "default", "media"] if ask is due_queues else "media")


@QUESTIONS
def test_nothing_is_due(ask: Callable[[], object]) -> None:
    assert not ask()


def park(task: Task) -> None:
    """As it was before there was a strict mode, and as MariaDB still takes it from a program that writes zeros."""
    with connection.cursor() as cursor:
        key = Task._meta.pk.get_db_prep_value(task.pk, connection)
        cursor.execute(f"UPDATE {Task._meta.db_table} SET run_after = '0000-00-00 00:00:00' WHERE id = %s", [key])


@pytest.mark.parametrize("queues", [(), ("default",), ("default", "mail")])
def test_a_row_with_a_time_of_zeros_is_claimed_first(queues: tuple[str, ...]) -> None:
    odd, other = enqueue(2)
    park(odd)
    worker = live_worker()
    turn = store.turn(worker.pk, [], 5, queues)
    assert ([each.id for each in turn.claimed], turn.refused) == ([odd.pk, other.pk], {})


def test_a_row_with_a_time_of_zeros_holds_up_no_promotion() -> None:
    odd, _ = enqueue(2)
    Task.objects.update(due=False)
    park(odd)
    assert janitor.tick(live_worker().pk).promoted == 2
    assert due_queues() == ["default"]
