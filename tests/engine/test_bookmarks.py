"""PostgreSQL: a claim goes on where the last one ended, and misses nothing that comes before that."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from django_simple_queue.engine import store
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task
from tests.engine.storing import completed, enqueue, live_worker, released, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
HOUR = timedelta(hours=1)


class Busy:
    """A worker with something to end in each of its turns: one that has nothing looks at the front each time."""

    def __init__(self, *queues):
        self.worker, self.queues = live_worker(), queues
        self.bookmarks, self.runs = store.Bookmarks(), []

    def turn(self, wanted, verb=completed):
        endings = [verb(run) for run in self.runs] or [completed(running(self.worker, priority=100))]
        turn = store.turn(self.worker.pk, endings, wanted, self.queues, (), self.bookmarks)
        self.runs = turn.claimed
        return [each.id for each in turn.claimed]

    def let_bookmarks_last(self, until):
        self.bookmarks.marks = {name: mark._replace(until=until) for name, mark in self.bookmarks.marks.items()}


def keys(tasks):
    return [task.pk for task in tasks]


def with_bookmark(*queues):
    """A busy worker that has claimed two of six tasks, and the four that are left."""
    busy = Busy(*queues)
    first, second, *rest = enqueue(6, queue=queues[0] if queues else "default")
    busy.turn(2)
    assert keys([first, second]) == [run.id for run in busy.runs]
    busy.let_bookmarks_last(until=FOREVER)
    assert busy.bookmarks.at(queues[:1]) is not None
    return busy, rest


@pytest.fixture
def buffers(monkeypatch):
    """What each claim has read to find its rows."""
    database, found = type(opened()), []
    send = database._sent

    def explained(self, statement, **parameters):
        if "AS MATERIALIZED" in statement:
            with suppress(ZeroDivisionError), transaction.atomic():
                [(plan,)] = send(self, f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", **parameters)
                found.append(read_by(plan[0]["Plan"]["Plans"][0]))
                raise ZeroDivisionError
        return send(self, statement, **parameters)

    monkeypatch.setattr(database, "_sent", explained)
    return found


def read_by(node):
    return node["Shared Hit Blocks"] + node["Shared Read Blocks"]


@pytest.mark.parametrize("queues", [(), ("default",)])
def test_a_claim_does_not_walk_past_all_that_was_claimed_before(buffers, queues):
    busy = Busy(*queues)
    Task.objects.bulk_create(Task(task="shop.tasks.pay", args="{}", priority=n % 3) for n in range(6_000))
    busy.turn(1)
    del buffers[:]
    for _ in range(40):
        busy.turn(100)
        busy.let_bookmarks_last(until=FOREVER)
    busy.let_bookmarks_last(until=0.0)
    busy.turn(100)
    *onward, from_the_front = buffers
    assert max(onward) < 150  # one for each of the hundred rows, and a few pages of the index
    assert from_the_front > 300


@pytest.mark.parametrize("queues", [(), ("default",)])
def test_lower_priorities_follow_in_their_order(queues):
    busy, rest = with_bookmark(*queues)
    lowest, lower = enqueue(priority=-2)[0], enqueue(priority=-1)[0]
    assert busy.turn(5) == keys([*rest, lower])
    assert busy.turn(1) == [lowest.pk]


@pytest.mark.parametrize("columns", [{"priority": 1}, {"run_after": timezone.now() - HOUR}])
@pytest.mark.parametrize("queues", [(), ("default",)])
def test_a_row_that_comes_before_a_bookmark_is_found_when_that_runs_out(queues, columns):
    busy, rest = with_bookmark(*queues)
    (before,) = enqueue(**columns)
    assert busy.turn(1) == keys(rest[:1])
    busy.let_bookmarks_last(until=0.0)
    assert busy.turn(1) == [before.pk]


def test_a_bookmark_that_is_moved_on_lasts_no_longer():
    busy, _ = with_bookmark()
    until = busy.bookmarks.at(()).until
    busy.turn(1)
    assert busy.bookmarks.at(()).until == until


@pytest.mark.parametrize("queues", [(), ("default",), ("default", "other")])
def test_what_comes_before_a_bookmark_is_taken_when_there_is_not_enough_behind_it(queues):
    busy, rest = with_bookmark(*queues)
    (before,) = enqueue(priority=1)
    assert busy.turn(10) == [before.pk, *keys(rest)]
    assert busy.bookmarks.at(queues[:1]) is None


def test_runs_that_are_given_back_are_claimed_again():
    busy, rest = with_bookmark()
    given_back = [run.id for run in busy.runs]
    assert busy.turn(10, verb=released) == [*given_back, *keys(rest)]


def test_named_queues_have_bookmarks_of_their_own():
    busy = Busy("urgent", "bulk")
    urgent, bulk = enqueue(2, queue="urgent"), enqueue(6, queue="bulk", priority=5)
    assert busy.turn(2) == keys(urgent)
    assert busy.turn(3) == keys(bulk[:3])
    (more,) = enqueue(queue="urgent")
    assert busy.turn(3) == keys([more, *bulk[3:5]])


def test_a_queue_that_is_empty_keeps_its_bookmark_while_the_next_one_is_worked_off():
    busy = Busy("urgent", "bulk")
    enqueue(2, queue="urgent")
    bulk = enqueue(6, queue="bulk")
    busy.turn(2)
    busy.let_bookmarks_last(until=0.0)
    assert busy.turn(2) == keys(bulk[:2])
    assert busy.bookmarks.at(("urgent",)) is not None
    (more,) = enqueue(queue="urgent", priority=1)
    busy.let_bookmarks_last(until=0.0)
    assert busy.turn(2) == keys([more, bulk[2]])


def test_a_claim_that_was_rolled_back_moves_no_bookmark():
    busy = Busy()
    tasks = enqueue(2)
    with suppress(DatabaseError), transaction.atomic():
        busy.turn(2)
        raise DatabaseError
    assert busy.bookmarks.at(()) is None
    busy.runs = []
    assert busy.turn(2) == keys(tasks)


def test_a_worker_that_has_nothing_to_report_looks_at_the_front():
    busy, _ = with_bookmark()
    (urgent,) = enqueue(priority=1)
    turn = store.turn(busy.worker.pk, (), 1, (), (), busy.bookmarks)
    assert [each.id for each in turn.claimed] == [urgent.pk]


@pytest.mark.parametrize("queues", [(), ("b", "a")])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_and_goes_nothing_is_left_behind(seed, queues):
    chance = random.Random(seed)
    workers, claims = [Busy(*queues), Busy(*queues)], []

    def come(count):
        for _ in range(count):
            moment = timezone.now() - chance.randint(0, 9) * HOUR
            enqueue(queue=chance.choice("ab"), priority=chance.randint(-2, 2), run_after=moment)

    come(60)
    for _ in range(40):
        busy, lucky = chance.choice(workers), chance.random()
        if lucky < 0.3:
            come(chance.randint(1, 5))
        claims += busy.turn(chance.randint(1, 8), verb=released if lucky > 0.8 else completed)
    for busy in workers * 2:
        busy.turn(1_000)
    assert not Task.objects.filter(status=Task.QUEUED).exists()
    assert set(Task.objects.values_list("pk", flat=True)) >= set(claims)


def test_a_bookmark_that_ran_out_is_not_good_again_for_a_look_that_a_pause_has_prevented():
    busy, _ = with_bookmark("default")
    QueuePause.objects.create(queue="mail")
    (before,) = enqueue(priority=1)
    busy.let_bookmarks_last(until=0.0)
    assert busy.turn(1) == [before.pk]
