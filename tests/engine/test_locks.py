"""Rows that somebody else has locked, and does not let go: the worker goes on with all the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_simple_queue.engine import janitor, settling, store
from django_simple_queue.engine.store import Glimpse
from django_simple_queue.models import OperatorAction, Task, Worker
from django_simple_queue.models.audit import background, scope
from django_simple_queue.models.audit.terms import Terms
from django_simple_queue.models.complaints import is_lock_timeout
from django_simple_queue.models.contention import restarted_after_deadlock
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.engine.locking import held_elsewhere, locked_elsewhere, table_locked_elsewhere
from tests.engine.storing import claim, completed, failed_by, let_lease_end, live_worker, row, running
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker() -> Iterator[Worker]:
    store.tune(is_ours=True)
    yield live_worker()
    connection.close()


def test_the_other_endings_of_a_turn_are_written_and_the_next_one_claims(worker: Worker) -> None:
    stuck, free = running(worker), running(worker)
    next_one = enqueue("noop")
    with locked_elsewhere(stuck.id):
        turn = store.turn(worker.pk, [completed(stuck), completed(free)], 1)
    assert turn.ended == {(free.id, free.epoch): Task.COMPLETED}
    assert list(turn.withheld) == [(stuck.id, stuck.epoch)]
    assert (turn.looked, [each.id for each in claim(worker)]) == (False, [next_one])
    assert row(stuck).status == Task.PROGRESS
    again = store.turn(worker.pk, [completed(stuck)], 0)
    assert (again.ended, again.withheld) == ({(stuck.id, stuck.epoch): Task.COMPLETED}, {})


def test_an_ending_whose_row_is_gone_is_not_said_again(worker: Worker) -> None:
    stuck, gone = running(worker), running(worker)
    Task.objects.filter(pk=gone.id).delete()
    with locked_elsewhere(stuck.id):
        turn = store.turn(worker.pk, [completed(stuck), completed(gone)], 0)
    assert (turn.ended, list(turn.withheld)) == ({}, [(stuck.id, stuck.epoch)])


def test_what_the_others_show_is_shown(worker: Worker) -> None:
    stuck, free = running(worker), running(worker)
    glimpses = [Glimpse(each.id, each.epoch, output="so far") for each in (stuck, free)]
    with locked_elsewhere(stuck.id):
        assert store.show(worker.pk, glimpses) == 1
    assert (row(stuck).output, row(free).output) == (None, "so far")


def test_the_other_rows_whose_time_has_come_are_promoted(worker: Worker) -> None:
    stuck, free = (enqueue("noop", run_after=timezone.now() + timedelta(hours=1)) for _ in range(2))
    Task.objects.update(run_after=timezone.now() - timedelta(seconds=1))
    with locked_elsewhere(stuck):
        assert janitor.tick(worker.pk).promoted == 1
        assert [each.id for each in claim(worker, 5)] == [free]
    assert janitor.tick(worker.pk).promoted == 1


def test_an_action_waits_for_its_row_and_holds_up_no_other_chore(worker: Worker) -> None:
    reaper = live_worker(host="web-2")
    lost = running(worker)
    let_lease_end(worker)
    stuck = enqueue("noop")
    frozen = scope.freeze([Q(status=Task.QUEUED)], timezone.now() + timedelta(seconds=1))
    action = background.start("cancel", frozen, Terms(), "ada", "one", expected=1)
    with locked_elsewhere(stuck):
        assert failed_by(reaper) == [lost.id]
    janitor.tick(reaper.pk)
    assert Task.objects.get(pk=stuck).status == Task.CANCELLED
    assert OperatorAction.objects.get(pk=action.pk).outcomes == {"done": 1}


def test_locked_tasks_of_a_lost_worker_hide_no_others(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are looked at together, and more: they are the first ones at every tick."""
    monkeypatch.setattr(settling, "SETTLE_ROWS", 2)
    reaper = live_worker(host="web-2")
    runs = sorted((running(worker) for _ in range(6)), key=lambda run: run.id)
    let_lease_end(worker)

    def lock() -> None:
        list(Task.objects.select_for_update().filter(pk__in=[run.id for run in runs[:5]]))

    with held_elsewhere(lock):
        wait_until(lambda: failed_by(reaper) == [runs[5].id], 20, "the one behind them is settled")
    wait_until(lambda: janitor.tick(reaper.pk) and {row(run).status for run in runs} == {Task.FAILED}, 20, "all are")


def test_a_lost_worker_s_other_tasks_are_settled(worker: Worker) -> None:
    reaper = live_worker(host="web-2")
    stuck, free = running(worker), running(worker)
    let_lease_end(worker)
    with locked_elsewhere(stuck.id):
        assert failed_by(reaper) == [free.id]
    assert failed_by(reaper) == [stuck.id]


def test_a_worker_outlives_a_lock_that_is_longer_than_its_lease(fleet: Fleet, tmp_path: Path) -> None:
    go = tmp_path / "go"
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    stuck = enqueue("wait_for", {"path": str(go)})
    wait_for_status(stuck, Task.PROGRESS)
    with locked_elsewhere(stuck):
        go.touch()
        boot.says("waits: another transaction has locked its row", 30)
        lease = boot.row.lease_until
        wait_until(lambda: boot.row.heartbeat > lease, 30, "the lease was renewed beyond its end")
        wait_for_status(enqueue("noop"), Task.COMPLETED)
    assert wait_for_status(stuck, Task.COMPLETED).worker == boot.row.pk
    assert boot.lines.count("waits: another transaction") == 1


def words(worker: Worker) -> dict[str, Callable[[], object]]:
    run = running(worker)
    return {
        "turn": lambda: store.turn(worker.pk, [completed(run)], 0),
        "last_words": lambda: store.last_words(worker.pk, [completed(run)]),
        "show": lambda: store.show(worker.pk, [Glimpse(run.id, run.epoch, output="so far")]),
        "covered": lambda: store.covered(worker.pk),
        "look": lambda: store.turn(worker.pk, [], 1),
        "tick": lambda: janitor.tick(worker.pk),
    }


@pytest.mark.parametrize("word", ["turn", "last_words", "show", "covered", "look", "tick"])
def test_nobody_waits_long_for_a_table(worker: Worker, word: str) -> None:
    waits_briefly_for_a_table(worker, word)


def waits_briefly_for_a_table(worker: Worker, word: str) -> None:
    say = words(worker)[word]
    with table_locked_elsewhere():
        with pytest.raises(OperationalError) as refused:
            say()
        assert is_lock_timeout(refused.value)
        store.renew(worker.pk)
    say()


@pytest.mark.parametrize("word", ["turn", "last_words", "show", "covered"])
def test_nobody_waits_long_behind_a_pooler_either(worker: Worker, word: str) -> None:
    """Where a session may be anybody's in the next moment, each transaction says so for itself."""
    connection.close()
    store.tune(is_ours=False)
    waits_briefly_for_a_table(worker, word)


def test_a_renewal_is_three_statements_in_a_session_of_our_own(worker: Worker) -> None:
    with CaptureQueriesContext(connection) as asked:
        store.renew(worker.pk)
        store.covered(worker.pk)
    assert [query["sql"].split()[0] for query in asked] == ["UPDATE", "SELECT", "SELECT"]


def test_a_worker_outlives_a_table_that_is_locked_for_longer_than_its_lease(fleet: Fleet, tmp_path: Path) -> None:
    go = tmp_path / "go"
    boot = fleet.ready("--concurrency", "1", lease_seconds=5)
    task = enqueue("wait_for", {"path": str(go)})
    wait_for_status(task, Task.PROGRESS)
    with table_locked_elsewhere():
        go.touch()
        boot.says("locked by another transaction, trying again", 30)
        lease = boot.row.lease_until
        wait_until(lambda: boot.row.heartbeat > lease, 30, "the lease was renewed beyond its end")
    assert wait_for_status(task, Task.COMPLETED).worker == boot.row.pk
    assert "does not answer" not in boot.lines


def test_two_that_wait_for_each_other_both_come_to_their_end(worker: Worker) -> None:
    """The database ends one of the two, and that one tries again."""
    first, second = running(worker), running(worker)
    meet, tries = threading.Barrier(2, timeout=30), []

    @restarted_after_deadlock
    def change(one: UUID, other: UUID) -> None:
        tries.append(one)
        with transaction.atomic():
            Task.objects.filter(pk=one).update(progress=1)
            if len(tries) <= 2:
                meet.wait()
            Task.objects.filter(pk=other).update(progress=2)

    def alone(one: UUID, other: UUID) -> None:
        try:
            change(one, other)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(alone, first.id, second.id), threads.submit(alone, second.id, first.id)]:
            each.result(60)
    assert len(tries) > 2


def test_inside_a_caller_s_transaction_it_is_his_to_try_again(worker: Worker) -> None:
    tries = []

    @restarted_after_deadlock
    def lose() -> None:
        tries.append(1)
        raise OperationalError(1213, "Deadlock found when trying to get lock")

    with pytest.raises(OperationalError), transaction.atomic():
        lose()
    assert len(tries) == 1
    with pytest.raises(OperationalError):
        lose()
    assert len(tries) == 1 + 5


def test_claims_pass_over_what_is_locked(worker: Worker) -> None:
    stuck, free = enqueue("noop"), enqueue("noop")
    with locked_elsewhere(stuck):
        assert [each.id for each in claim(worker, 5)] == [free]
