"""Who gets which task: order, queues, pauses, the state of the worker, and races between real processes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import store
from django_simple_queue.models import QueuePause, Task, Worker
from tests.engine.storing import claim, completed, enqueue, failed, row, running, write
from tests.support.processes import ROOT, environment


def named(*names, **columns):
    return [Task.objects.create(task=name, **columns) for name in names]


def names(claimed):
    return [each.task for each in claimed]


def pause(*queues, **columns):
    for queue in queues:
        QueuePause.objects.create(queue=queue, reason="maintenance", **columns)


def test_a_claim_starts_a_run(worker, settings):
    settings.DJANGO_SIMPLE_QUEUE_RELEASE = "v7"
    (task,) = enqueue(args='{"a": 1}', positional="[2]", timeout=9, queue="mail", priority=3, max_attempts=4)
    (claimed,) = claim(worker)
    task.refresh_from_db()
    assert (task.status, task.attempt, task.epoch, task.worker) == (Task.PROGRESS, 1, 1, worker.pk)
    assert (task.release, task.due, task.worker_pid) == ("v7", True, None)
    assert abs(timezone.now() - task.started) < timedelta(seconds=30)
    assert (claimed.id, claimed.epoch, claimed.attempt, claimed.max_attempts) == (task.pk, 1, 1, 4)
    assert (claimed.task, claimed.args, claimed.positional) == ("shop.tasks.pay", '{"a": 1}', "[2]")
    assert (claimed.timeout, claimed.queue, claimed.priority) == (9, "mail", 3)
    assert claimed.run_after == task.run_after


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_arguments_are_empty_text(worker, empty):
    enqueue(args=empty, positional=empty)
    (claimed,) = claim(worker)
    assert (claimed.args, claimed.positional, claimed.timeout) == ("", "", None)


def test_a_claim_clears_the_last_run(worker):
    run = running(worker)
    write(worker, failed(run, output="old", log="old", frames="[]"))
    Task.objects.filter(pk=run.id).update(progress=50, progress_message="half")
    Task.objects.filter(pk=run.id).requeue()
    (again,) = claim(worker)
    task = row(again)
    assert (task.output, task.error, task.log, task.error_class, task.fingerprint) == (None, None, None, "", "")
    assert (task.progress, task.progress_message, task.finished, task.cancel_requested) == (None, "", None, None)
    assert not task.frames
    assert (again.attempt, again.epoch) == (1, 2)


def test_order_is_priority_then_time_then_id(worker):
    now = timezone.now()
    named("late", run_after=now - timedelta(minutes=1))
    named("early", run_after=now - timedelta(minutes=2))
    named("urgent", priority=5, run_after=now)
    named("idle", priority=-5, run_after=now - timedelta(hours=1))
    first, second = named("tie", "tie", run_after=now - timedelta(seconds=30))
    claimed = claim(worker, 10)
    assert names(claimed) == ["urgent", "early", "late", "tie", "tie", "idle"]
    assert [claimed[3].id, claimed[4].id] == sorted([first.pk, second.pk])


def test_no_more_than_wanted_and_the_first_of_them(worker):
    tasks = enqueue(5)
    assert [each.id for each in claim(worker, 2)] == [task.pk for task in tasks[:2]]
    assert len(claim(worker, 10)) == 3
    assert claim(worker, 10) == []
    assert claim(worker, 0) == []


def test_only_what_is_queued_and_due(worker):
    enqueue(run_after=timezone.now() + timedelta(hours=1))
    for status in (Task.PROGRESS, Task.COMPLETED, Task.FAILED, Task.CANCELLED):
        Task.objects.filter(pk=enqueue()[0].pk).update(status=status)
    assert claim(worker, 10) == []


def test_older_idioms_are_claimable(worker):
    run = running(worker)
    write(worker, failed(run))
    task = row(run)
    task.status = Task.QUEUED
    task.save()
    assert [each.id for each in claim(worker)] == [run.id]


@pytest.mark.sqlite
@pytest.mark.parametrize("run_after", ["soon", "2020-01-01T00:00:00Z", "2020-13-45 00:00:00", 5])
def test_a_time_that_is_none_stops_nobody(worker, run_after):
    """SQLite takes it from a hand-written row."""
    odd, plain = enqueue(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_simple_queue_task SET run_after = %s WHERE id = %s", [run_after, odd.pk.hex])
    assert {each.id for each in claim(worker, 5)} == {odd.pk, plain.pk}


def test_named_queues_come_strictly_in_their_order(worker):
    named("low", queue="low", priority=100)
    named("high", "high2", queue="high", priority=-100)
    named("other", queue="other")
    assert names(claim(worker, 10, ("high", "low"))) == ["high", "high2", "low"]
    assert names(claim(worker, 10)) == ["other"]


def test_one_turn_fills_up_from_the_next_queue(worker):
    named("a", queue="a")
    named("b1", "b2", "b3", queue="b")
    assert names(claim(worker, 3, ("a", "b"))) == ["a", "b1", "b2"]


def test_a_paused_queue_gives_nothing_and_the_others_keep_their_common_order(worker):
    named("stopped", queue="mail", priority=100)
    named("second", queue="default")
    named("first", queue="media", priority=1)
    named("third", queue="default")
    pause("mail")
    assert names(claim(worker, 10, ("mail",))) == []
    assert names(claim(worker, 2)) == ["first", "second"]
    assert names(claim(worker, 10, ("mail", "default"))) == ["third"]
    QueuePause.objects.all().delete()
    assert names(claim(worker, 10)) == ["stopped"]


def test_a_pause_beside_more_queues_than_a_statement_may_name(worker):
    Task.objects.bulk_create(Task(task=f"{n:03}", queue=f"tenant-{n:03}", priority=-n) for n in range(600))
    named("stopped", queue="mail", priority=100)
    pause("mail")
    claimed = [each for _ in range(7) for each in claim(worker, 550)]
    assert names(claimed) == [f"{n:03}" for n in range(600)]


def test_everything_paused_gives_nothing(worker):
    named("a", queue="a")
    pause("a", "b")
    assert claim(worker, 10) == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "stored", ["0190C0DE00007000800000000000000A", "0190c0de-0000-7000-8000-00000000000b", "abc", "", 7]
)
def test_a_hand_written_id_on_sqlite_stops_no_claim_and_its_run_ends(worker, stored):
    odd, plain = enqueue(2)
    with connection.cursor() as cursor:
        for task, key in ((odd, stored), (plain, "0190c0de00007000800000000000000b")):
            cursor.execute("UPDATE django_simple_queue_task SET id = %s WHERE id = %s", [key, task.pk.hex])
    claims = claim(worker, 10)
    assert len(claims) == 2
    assert set(write(worker, *map(completed, claims)).values()) == {Task.COMPLETED}
    assert set(Task.objects.values_list("pk", "status")) == {(each.id, Task.COMPLETED) for each in claims}


def test_a_pause_ends_at_its_time(worker):
    named("a", queue="a")
    pause("a", until=Now() + timedelta(hours=1))
    assert claim(worker, 10) == []
    QueuePause.objects.update(until=Now() - timedelta(seconds=1))
    assert names(claim(worker, 10)) == ["a"]


@pytest.mark.parametrize("state", [Worker.State.PAUSED, Worker.State.DRAINING])
def test_a_paused_or_draining_worker_finishes_but_does_not_claim(worker, state):
    run = running(worker)
    enqueue()
    Worker.objects.filter(pk=worker.pk).update(state=state)
    turn = store.turn(worker.pk, [completed(run)], 5)
    assert turn.ended == {(run.id, 1): Task.COMPLETED}
    assert turn.claimed == []


def test_an_unknown_worker_claims_nothing(worker):
    enqueue()
    with pytest.raises(store.LeaseLost):
        store.turn(uuid4(), (), 1)
    assert Task.objects.get().status == Task.QUEUED


@pytest.mark.parametrize("batch", [1, 20])
@pytest.mark.django_db(transaction=True)
def test_processes_that_race_claim_each_task_once(tmp_path, batch):
    total = 600
    Task.objects.bulk_create(Task(task="shop.tasks.pay", args="{}") for _ in range(total))
    ledgers = [tmp_path / f"{number}" for number in range(4)]
    command = [sys.executable, "-m", "tests.engine.claimer"]
    processes = [
        subprocess.Popen([*command, str(ledger), str(batch)], env=environment(), cwd=ROOT, stderr=subprocess.PIPE)
        for ledger in ledgers
    ]
    problems = [process.communicate(timeout=90)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, problems
    claims = Counter(line for ledger in ledgers for line in ledger.read_text().splitlines())
    assert len(claims) == total
    assert set(claims.values()) == {1}
    assert set(Task.objects.values_list("status", "attempt", "epoch")) == {(Task.COMPLETED, 1, 1)}
