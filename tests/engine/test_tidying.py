"""What workers tidy up for all: what has become due, rows that older code left, and what is kept long enough."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import clock, house, janitor, promoting, pruning, store
from django_simple_queue.engine.chores import Chores
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.models.fields import uuid7
from django_simple_queue.models.steps import Steps
from tests.engine.storing import HOURS, claim, enqueue, failed_by, in_steps_of, reload


def aged(task, days):
    Task.objects.filter(pk=task.pk).update(finished=Now() - timedelta(days=days))


def ended(status, days):
    task = enqueue()[0]
    Task.objects.filter(pk=task.pk).update(status=status)
    aged(task, days)
    return task


def test_promotion_opens_what_has_become_due_and_no_more(worker):
    soon, later = enqueue(run_after=timezone.now() + HOURS)[0], enqueue(run_after=timezone.now() + HOURS)[0]
    Task.objects.filter(pk=soon.pk).update(run_after=Now() - timedelta(seconds=1))
    modified = reload(soon).modified
    assert promoting.promote() == 1
    assert (reload(soon).due, reload(later).due) == (True, False)
    assert soon.modified == modified
    assert [each.id for each in claim(worker, 5)] == [soon.pk]
    assert promoting.promote() == 0


def test_promotion_goes_on_until_nothing_is_due(worker, monkeypatch):
    monkeypatch.setattr(promoting, "PROMOTE_ROWS", 3)
    enqueue(10, run_after=timezone.now() + HOURS)
    Task.objects.update(run_after=Now() - timedelta(seconds=1))
    assert promoting.promote() == 10


def test_pruning_that_fails_is_tried_again_a_minute_later_and_holds_up_nothing_else(reaper, monkeypatch, settings):
    def fail(status, age, end):
        if status == Task.COMPLETED:
            raise OperationalError("canceling statement due to statement timeout")
        return prune_status(status, age, end)

    prune_status = pruning.prune_status
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 7, "failed": 7}
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = 60
    monkeypatch.setattr(janitor, "_prune_at", 0.0)
    monkeypatch.setattr(pruning, "prune_status", fail)
    unowned, undated = enqueue()[0], enqueue()[0]
    Task.objects.filter(pk=unowned.pk).update(status=Task.PROGRESS, modified=Now() - timedelta(hours=1))
    Task.objects.filter(pk=undated.pk).update(status=Task.COMPLETED)
    old = ended(Task.FAILED, days=8)
    assert failed_by(reaper, now=10.0) == [unowned.pk]
    assert reload(undated).finished
    assert not Task.objects.filter(pk=old.pk).exists()
    assert failed_by(reaper, now=20.0) == []
    with pytest.raises(OperationalError):
        janitor.tick(reaper.pk, now=200.0)


def test_a_heap_to_prune_keeps_the_house_busy(reaper, monkeypatch, settings):
    in_steps_of(2, monkeypatch)
    monkeypatch.setattr(pruning, "PRUNE_SECONDS", 0.0)
    monkeypatch.setattr(janitor, "_prune_at", 0.0)
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 7}
    for _ in range(3):
        ended(Task.COMPLETED, days=8)
    assert [janitor.tick(reaper.pk, now=10.0).busy for _ in range(2)] == [True, False]
    assert not Task.objects.exists()


def test_a_busy_house_rests_after_its_work_however_long_that_was(monkeypatch):
    clock = SimpleNamespace(now=lambda: 130.0)
    link = SimpleNamespace(ask=lambda name, work: janitor.Tick([], "running", busy=True, promoted=0, wait=None))
    monkeypatch.setattr(house, "clock", clock)
    kept = house.House(uuid7(), link, lease=None)
    kept.keep(now=100.0)
    assert kept.due_at == 130.0 + house.BUSY_HOUSE_SECONDS


def test_the_sweep_spares_rows_of_the_older_package(reaper):
    (task,) = enqueue()
    Task.objects.filter(pk=task.pk).update(status=Task.PROGRESS, worker_pid=os.getpid())
    assert failed_by(reaper) == []
    assert reload(task).status == Task.PROGRESS


@pytest.mark.parametrize(("timeout", "status"), [(60, Task.FAILED), (7200, Task.PROGRESS), (None, Task.PROGRESS)])
def test_rows_of_the_older_package_are_settled_once_no_run_may_last_so_long(reaper, settings, timeout, status):
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = timeout
    (task,) = enqueue(max_attempts=5)
    Task.objects.filter(pk=task.pk).update(status=Task.PROGRESS, worker_pid=1, modified=Now() - HOURS)
    janitor.settle_unowned()
    assert reload(task).status == status


def test_the_end_of_a_row_that_older_code_ended_is_dated(reaper):
    task = enqueue()[0]
    Task.objects.filter(pk=task.pk).update(status=Task.COMPLETED)
    janitor.date_endings()
    assert reload(task).finished == task.modified


@pytest.mark.sqlite
@pytest.mark.parametrize("stored", ["row-1", b"{}", 7])
@pytest.mark.parametrize("status", [Task.COMPLETED, Task.PROGRESS])
def test_a_hand_written_id_on_sqlite_holds_up_no_chore(reaper, monkeypatch, caplog, settings, stored, status):
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = 60
    monkeypatch.setattr(janitor, "_prune_at", 0.0)
    odd, plain = enqueue(2)
    Task.objects.update(status=status, modified=Now() - HOURS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_simple_queue_task SET id = %s WHERE id = %s", [stored, odd.pk.hex])
    assert janitor.tick(reaper.pk, now=10.0).busy
    assert not janitor.tick(reaper.pk, now=10.0).busy
    assert Task.objects.exclude(pk=plain.pk).exclude(finished=None).count() == 1
    assert reload(plain).finished
    assert "fails and is tried again: " in caplog.messages[0]


def test_many_undated_endings_are_dated_piece_by_piece(reaper, monkeypatch):
    monkeypatch.setattr(janitor, "DATE_ROWS", 2)
    enqueue(5)
    Task.objects.update(status=Task.COMPLETED)
    assert [janitor.date_endings() for _ in range(4)] == [2, 2, 1, 0]
    assert not Task.objects.filter(finished=None).exists()


def test_retention_prunes_ended_tasks_by_status(reaper, settings):
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 7, "failed": None, "cancelled": 30}
    gone = [ended(Task.COMPLETED, 8), ended(Task.CANCELLED, 31)]
    kept = [ended(Task.COMPLETED, 6), ended(Task.FAILED, 900), ended(Task.CANCELLED, 8), enqueue()[0]]
    gone[0].attempts.create(epoch=1, attempt=1, outcome="failed")
    assert not pruning.prune(Chores())
    assert set(Task.objects.values_list("pk", flat=True)) == {task.pk for task in kept}
    assert not Attempt.objects.exists()


def test_everything_is_kept_by_default(reaper):
    ended(Task.COMPLETED, 4000)
    assert not pruning.prune(Chores())
    assert Task.objects.exists()


def test_pruning_goes_in_batches_oldest_first(reaper, settings, monkeypatch):
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 1}
    in_steps_of(2, monkeypatch)
    monkeypatch.setattr(pruning, "PRUNE_SECONDS", 0.0)
    tasks = [ended(Task.COMPLETED, days) for days in (5, 9, 7)]
    assert pruning.prune(Chores())
    assert Task.objects.get() == tasks[0]
    assert not pruning.prune(Chores())
    assert not Task.objects.exists()


def test_pruning_goes_on_for_a_while(reaper, settings, monkeypatch):
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 1}
    in_steps_of(2, monkeypatch)
    monkeypatch.setattr(pruning, "PRUNE_SECONDS", 60.0)
    for _ in range(5):
        ended(Task.COMPLETED, days=2)
    assert not pruning.prune(Chores())
    assert not Task.objects.exists()


def test_pruning_for_which_there_was_no_time_comes_first_the_next_time(reaper, settings, monkeypatch):
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 1, "failed": 1, "cancelled": 1}
    in_steps_of(2, monkeypatch)
    monkeypatch.setattr(pruning, "PRUNE_SECONDS", 0.0)
    statuses = pruning.STATUS_NAMES.values()
    for status in statuses:
        for _ in range(3):
            ended(status, days=2)
    left = []
    for _ in range(3):
        assert pruning.prune(Chores())
        left.append(sorted(Task.objects.filter(status=status).count() for status in statuses))
    assert left == [[1, 3, 3], [1, 1, 3], [1, 1, 1]]


def test_pruning_takes_smaller_bites_where_it_is_slow(reaper, monkeypatch):
    seconds = count(step=0.25)
    monkeypatch.setattr(clock, "now", lambda: next(seconds))
    monkeypatch.setattr(pruning, "_steps", Steps(seconds=0.75, first=5, least=1, most=8))
    for _ in range(10):
        ended(Task.COMPLETED, days=2)
    assert [pruning.prune_status(Task.COMPLETED, timedelta(days=1), end=0.0).deleted for _ in range(4)] == [5, 4, 1, 0]


def test_worker_rows_are_kept_a_while(worker, reaper):
    store.leave(worker.pk)
    pruning.forget_workers()
    assert Worker.objects.filter(pk=worker.pk).exists()
    Worker.objects.filter(pk=worker.pk).update(ended=Now() - timedelta(days=8))
    pruning.forget_workers()
    assert list(Worker.objects.values_list("pk", flat=True)) == [reaper.pk]
