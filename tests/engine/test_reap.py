"""What workers do for all: settle what lost workers held, and sweep."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import janitor, settling, store
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.failure import UNOWNED
from django_simple_queue.models import Attempt, Task, Worker
from tests.engine.storing import (
    HOURS,
    claim,
    completed,
    enqueue,
    failed_by,
    let_lease_end,
    live_worker,
    reload,
    row,
    running,
    write,
)
from tests.support.waiting import wait_until


def ids(tasks):
    return [task.pk for task in tasks]


def test_a_tick_does_all_that_is_due(worker, reaper):
    run = running(worker)
    let_lease_end(worker)
    (task,) = enqueue(run_after=timezone.now() + HOURS)
    Task.objects.filter(pk=task.pk).update(run_after=Now() - timedelta(seconds=1))
    stray = running(reaper)
    Task.objects.filter(pk=stray.id).update(worker=uuid4())
    assert set(failed_by(reaper)) == {run.id, stray.id}
    assert reload(task).due is True
    assert failed_by(reaper) == []


def test_a_lost_worker_s_tasks_fail_with_a_plain_cause(worker, reaper):
    run, own = running(worker), running(reaper)
    let_lease_end(worker)
    assert ids(janitor.reap(reaper.pk)) == [run.id]
    task = row(run)
    assert (task.status, task.error_class) == (Task.FAILED, "WorkerLost")
    assert "worker" in task.error
    assert row(own).status == Task.PROGRESS
    assert (reload(worker).state, worker.lost_by) == (Worker.State.LOST, reaper.pk)
    assert worker.ended is not None
    attempt = Attempt.objects.get()
    assert (attempt.task_id, attempt.outcome, attempt.worker) == (run.id, "lost", worker.pk)


def test_with_attempts_left_a_lost_task_runs_again_elsewhere(worker, reaper):
    run = running(worker, max_attempts=2)
    let_lease_end(worker)
    assert [task.status for task in janitor.reap(reaper.pk)] == [Task.QUEUED]
    Task.objects.start_now()
    assert [(each.id, each.attempt, each.epoch) for each in claim(reaper)] == [(run.id, 2, 2)]


def test_a_lost_task_that_was_to_be_cancelled_is_cancelled(worker, reaper):
    run = running(worker)
    Task.objects.filter(pk=run.id).cancel()
    let_lease_end(worker)
    janitor.reap(reaper.pk)
    assert row(run).status == Task.CANCELLED


def test_a_worker_with_a_lease_is_never_reaped(worker, reaper):
    run = running(worker)
    assert janitor.reap(reaper.pk) == []
    assert janitor.sweep() == []
    assert (row(run).status, reload(worker).state) == (Task.PROGRESS, Worker.State.RUNNING)


def test_a_worker_of_the_same_host_and_pid_is_another_one(worker):
    """A container that starts again often gets the name and the PID of the one before."""
    before, again = live_worker(host="web-1", pid=7), live_worker(host="web-1", pid=7)
    left, held = running(before), running(again)
    let_lease_end(before)
    janitor.reap(again.pk)
    assert (row(left).status, row(held).status) == (Task.FAILED, Task.PROGRESS)
    assert reload(before).state == Worker.State.LOST
    assert write(again, completed(left)) == {}
    assert write(again, completed(held)) == {(held.id, held.epoch): Task.COMPLETED}


def test_a_reaped_worker_that_comes_back_is_told(worker, reaper):
    run = running(worker)
    let_lease_end(worker)
    janitor.reap(reaper.pk)
    with pytest.raises(store.LeaseLost):
        write(worker, completed(run))
    assert row(run).status == Task.FAILED


def test_what_has_ended_outlives_the_lease_until_others_settle_it(worker, reaper):
    ended, settled = running(worker), running(worker)
    let_lease_end(worker)
    assert store.last_words(worker.pk, [completed(ended)]).ended == {(ended.id, ended.epoch): Task.COMPLETED}
    assert ids(janitor.reap(reaper.pk)) == [settled.id]
    assert store.last_words(worker.pk, [completed(settled)]).ended == {}
    assert (row(ended).status, row(settled).status) == (Task.COMPLETED, Task.FAILED)


def test_a_result_that_the_database_refuses_takes_no_other_with_it(worker):
    fine, refused = running(worker), running(worker)
    let_lease_end(worker)
    said = [completed(refused, output="a lone surrogate \ud800"), completed(fine)]
    ended = store.last_words(worker.pk, said).ended
    assert ended == {(fine.id, fine.epoch): Task.COMPLETED, (refused.id, refused.epoch): Task.FAILED}
    assert row(refused).error_class == "ResultNotStored"


def test_after_an_outage_nobody_is_declared_lost_at_once(worker, reaper):
    run = running(worker)
    let_lease_end(worker)
    assert failed_by(reaper, reaps=False) == []
    assert row(run).status == Task.PROGRESS
    assert failed_by(reaper) == [run.id]


@pytest.mark.parametrize("gone", ["stopped", "deleted"])
def test_the_sweep_settles_what_a_departed_worker_left(worker, reaper, gone):
    run = running(worker)
    if gone == "stopped":
        store.leave(worker.pk)
    else:
        worker.delete()
    assert ids(janitor.sweep()) == [run.id]
    assert row(run).status == Task.FAILED


def test_a_long_heap_is_settled_piece_by_piece(worker, reaper, monkeypatch):
    """Else the one who settles it would outlast its own lease, and so would the next."""
    monkeypatch.setattr(janitor, "SETTLE_ROWS", 2)
    monkeypatch.setattr(settling, "SETTLE_ROWS", 2)
    runs = [running(worker) for _ in range(5)]
    let_lease_end(worker)
    ticks = [janitor.tick(reaper.pk) for _ in range(4)]
    assert [len(tick.failed) for tick in ticks] == [2, 2, 1, 0]
    assert [tick.busy for tick in ticks] == [True, True, False, False]
    assert {row(run).status for run in runs} == {Task.FAILED}


def test_many_lost_workers_are_settled_piece_by_piece(worker, reaper, monkeypatch):
    monkeypatch.setattr(janitor, "SETTLE_ROWS", 2)
    monkeypatch.setattr(settling, "SETTLE_ROWS", 2)
    for each in (worker, live_worker(host="web-3"), live_worker(host="web-4")):
        running(each), running(each)
        let_lease_end(each)
    ticks = [janitor.tick(reaper.pk) for _ in range(4)]
    assert [len(tick.failed) for tick in ticks] == [2, 2, 2, 0]
    assert [tick.busy for tick in ticks] == [True, True, True, False]


def test_a_failure_is_told_by_whoever_settled_it(worker, reaper, monkeypatch):
    """Two that sweep at the same time see the same rows."""
    first, second = running(worker), running(worker)
    store.leave(worker.pk)
    locked = settling.locked

    def after_another_one(rows):
        Task.objects.get(pk=first.id).fail(UNOWNED, Attempt.Outcome.LOST)
        return locked(rows)

    monkeypatch.setattr(settling, "locked", after_another_one)
    assert ids(janitor.sweep()) == [second.id]
    assert row(first).status == Task.FAILED


def on_a_connection_of_its_own(work, *arguments):
    try:
        return work(*arguments)
    finally:
        connection.close()


@pytest.fixture
def stall(monkeypatch):
    """Turns prove their lease and then stand still: `holds` is set then, and they wait for `go_on`."""
    database = type(opened())
    holds, go_on, prove = threading.Event(), threading.Event(), database.open_turn

    def prove_and_stall(self, *arguments):
        opening = prove(self, *arguments)
        holds.set()
        assert go_on.wait(30)
        return opening

    monkeypatch.setattr(database, "open_turn", prove_and_stall)
    return SimpleNamespace(holds=holds, go_on=go_on)


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_stalls_past_its_lease_leaves_no_row_in_progress(stall):
    stall.go_on.set()
    reaper, worker = live_worker(), live_worker()
    old, done = running(worker), running(worker)
    (task,) = enqueue()
    Worker.objects.filter(pk=worker.pk).update(lease_until=Now() + timedelta(seconds=3))
    stall.holds.clear()
    stall.go_on.clear()
    with ThreadPoolExecutor(2) as threads:
        turn = threads.submit(on_a_connection_of_its_own, store.turn, worker.pk, [completed(done)], 5)
        assert stall.holds.wait(30)
        wait_until(Worker.objects.filter(pk=worker.pk, lease_until__lte=Now()).exists, 10, "the lease ends")
        reaping = threads.submit(on_a_connection_of_its_own, janitor.tick, reaper.pk)
        if connection.vendor != "sqlite":  # there the stalled turn is the one writer, and the reaper waits for it
            assert reaping.result(30).failed == []
        stall.go_on.set()
        assert [each.id for each in turn.result(30).claimed] == [task.pk]
        reaping.result(30)
    janitor.tick(reaper.pk)
    assert {row(old).status, reload(task).status} == {Task.FAILED}
    assert row(done).status == Task.COMPLETED
    assert reload(worker).state == Worker.State.LOST


def test_a_reaper_that_dies_half_way_leaves_the_tasks_to_the_next_sweep(worker, reaper, monkeypatch):
    run = running(worker)
    let_lease_end(worker)

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(janitor, "settle", die)
    with pytest.raises(KeyboardInterrupt):
        janitor.tick(reaper.pk)
    assert (reload(worker).state, row(run).status) == (Worker.State.LOST, Task.PROGRESS)
    monkeypatch.undo()
    assert failed_by(live_worker()) == [run.id]
