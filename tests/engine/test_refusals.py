"""The database is there, and says no to one row again and again: the worker lives on, and so do all other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DataError, Error, InternalError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from django_simple_queue.engine import clock, janitor, store
from django_simple_queue.engine.store import Claimed, Ending, Turn, history
from django_simple_queue.engine.store.batches import written
from django_simple_queue.engine.store.refusals import is_refusal, is_rejection
from django_simple_queue.models import OperatorAction, Task, Worker
from django_simple_queue.models.audit import background, scope
from django_simple_queue.models.audit.terms import Terms
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.engine.locking import locked_elsewhere
from tests.engine.refusing import IS_CLAIMED, MARKED, execute, refusing
from tests.engine.storing import completed, failed_by, let_lease_end, live_worker, row, running
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.sqlite, pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


FAILS = {
    "sqlite": ["SELECT no_such_function()"],
    "mysql": ["SELECT no_such_function()"],
    "postgresql": ["SET LOCAL statement_timeout = 1", "SELECT pg_sleep(60)"],
}
CUT = {"mysql": "KILL CONNECTION_ID()", "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())"}


@pytest.fixture
def worker() -> Iterator[Worker]:
    store.tune()
    yield live_worker()
    connection.close()


@pytest.mark.parametrize("count", [1, 5])
def test_the_other_endings_of_a_turn_are_written(worker: Worker, count: int) -> None:
    stuck, *free = [running(worker, priority=MARKED), *(running(worker) for _ in range(count))]
    with refusing():
        turn = store.turn(worker.pk, [completed(stuck), *map(completed, free)], 1)
    assert turn.ended == {(each.id, each.epoch): Task.COMPLETED for each in free}
    assert list(turn.withheld) == [(stuck.id, stuck.epoch)]
    assert "refused by a trigger" in turn.withheld[stuck.id, stuck.epoch]
    assert (turn.looked, row(stuck).status) == (False, Task.PROGRESS)
    store.turn(worker.pk, [completed(stuck)], 0)
    assert (row(stuck).status, row(stuck).output) == (Task.COMPLETED, "done")


def test_last_words_are_heard_of_the_others(worker: Worker) -> None:
    stuck, free = running(worker, priority=MARKED), running(worker)
    with refusing():
        said = store.last_words(worker.pk, [completed(stuck), completed(free)])
    assert said.ended == {(free.id, free.epoch): Task.COMPLETED}
    assert list(said.withheld) == [(stuck.id, stuck.epoch)]


def row_status(run: Claimed) -> int:
    return row(run).status


def settled_until(reaper: Worker, done: Callable[[], bool]) -> set[UUID]:
    """The tasks that ``reaper`` has settled by then; a tick looks for what is at fault for a second only."""
    settled: set[UUID] = set()

    def over() -> bool:
        settled.update(failed_by(reaper))
        return done()

    wait_until(over, 30, "all is settled that can be")
    return settled


def test_a_lost_task_that_is_refused_takes_no_other_with_it(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    """Of its own worker or another: all others are settled, and it is told which one is not, once."""
    other, reaper = live_worker(host="web-2"), live_worker(host="web-3")
    stuck, *lost = [running(worker, priority=MARKED), *(running(each) for each in (worker, worker, other))]
    let_lease_end(worker), let_lease_end(other)
    with refusing():
        settled = settled_until(reaper, lambda: set(map(row_status, lost)) == {Task.FAILED})
        assert settled == {each.id for each in lost}
        worker.refresh_from_db()
        assert worker.state == Worker.State.LOST
    assert settled_until(reaper, lambda: row_status(stuck) == Task.FAILED) == {stuck.id}
    (line,) = [line for line in caplog.messages if "cannot settle" in line]
    assert f"cannot settle {stuck.id} yet: the database refuses it (" in line


def cancel_one() -> OperatorAction:
    enqueue("noop")
    frozen = scope.freeze([Q(status=Task.QUEUED)], timezone.now() + timedelta(seconds=1))
    return background.start("cancel", frozen, Terms(), "ada", "one", expected=1)


def test_an_action_that_the_database_refuses_is_given_up(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    action = cancel_one()
    monkeypatch.setattr(background, "batch", lambda *_: execute(*FAILS[connection.vendor]))
    janitor.tick(worker.pk)
    action.refresh_from_db()
    assert action.state == OperatorAction.State.ABORTED
    assert action.problem.startswith("OperationalError: ")
    assert not janitor.tick(worker.pk).busy


@pytest.mark.locks_rows
def test_an_action_outlives_its_connection(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    action = cancel_one()
    with monkeypatch.context() as patched, pytest.raises(Error):
        patched.setattr(background, "batch", lambda *_: execute(CUT[connection.vendor]))
        janitor.tick(worker.pk)
    while janitor.tick(worker.pk).busy:
        pass
    action.refresh_from_db()
    assert (action.state, action.outcomes) == (OperatorAction.State.DONE, {"done": 1})


@pytest.mark.locks_rows
def test_a_turn_whose_connection_dies_is_no_refusal(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django has opened another one by then, which is not prepared for a worker and must not be gone on with."""
    run = running(worker)
    with monkeypatch.context() as patched, pytest.raises(Error):
        patched.setattr(history, "record", lambda *_: execute(CUT[connection.vendor]))
        store.turn(worker.pk, [completed(run)], 0)
    assert row(run).status == Task.PROGRESS
    assert store.turn(worker.pk, [completed(run)], 0).ended == {(run.id, run.epoch): Task.COMPLETED}


@pytest.mark.locks_rows
def test_one_locked_and_one_that_cannot_be_stored(worker: Worker) -> None:
    locked, bad, free = (running(worker) for _ in range(3))
    endings = [completed(locked), completed(bad, output="a lone surrogate \ud800"), completed(free)]
    with locked_elsewhere(locked.id):
        turn = store.turn(worker.pk, endings, 0)
    ended = {(bad.id, bad.epoch): Task.FAILED, (free.id, free.epoch): Task.COMPLETED}
    assert (turn.ended, list(turn.withheld)) == (ended, [(locked.id, locked.epoch)])
    assert row(bad).error_class == "ResultNotStored"


def test_what_is_committed_is_heard_of_when_something_else_goes_wrong(worker: Worker) -> None:
    """Else its endings would be said again, and be taken for those of runs that are not ours."""
    said = [completed(running(worker)) for _ in range(4)]

    def write(piece: Sequence[Ending]) -> Turn:
        if len(piece) > 1:
            raise DataError("one of these is too long")
        if piece[0] is said[2]:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return Turn({piece[0].run: Task.COMPLETED})

    turn = written(write, said, clock.now() + 30)
    assert list(turn.ended) == [said[0].run, said[1].run]
    assert set(turn.withheld) == {said[2].run, said[3].run}
    with pytest.raises(OperationalError):
        written(write, said[2:], clock.now() + 30)


@pytest.mark.parametrize(
    ("state", "kind"), [("40001", OperationalError), ("25006", InternalError), ("25P03", InternalError)]
)
def test_no_result_is_given_up_for_the_state_of_the_database(state: str, kind: type[Exception]) -> None:
    """A conflict with another transaction, a server that takes no changes, a session that has been ended."""
    error = kind("not now")
    error.__cause__ = Exception()
    error.__cause__.sqlstate = state
    assert not is_rejection(error)
    assert not is_refusal(error, store.session())


def test_the_worker_keeps_its_lease_and_goes_on(fleet: Fleet, tmp_path: Path) -> None:
    boot = fleet.ready("--concurrency", "2", lease_seconds=3)
    go = tmp_path / "go"
    with refusing():
        long = enqueue("wait_for", {"path": str(go)})
        stuck = enqueue("noop", priority=MARKED)
        boot.says(f"the result of {stuck} tests.tasks.noop waits: the database refuses it", 30)
        lease = boot.row.lease_until
        wait_until(lambda: boot.row.heartbeat > lease, 30, "the lease was renewed beyond its end")
        wait_for_status(enqueue("noop"), Task.COMPLETED)
        go.touch()
        wait_for_status(long, Task.COMPLETED)
    assert wait_for_status(stuck, Task.COMPLETED, 30).worker == boot.row.pk
    assert "does not answer" not in boot.lines


@pytest.mark.parametrize("leaves", [("--burst",), ("--max-tasks", "2")])
def test_who_leaves_when_all_is_done_does_not_wait_for_ever(fleet: Fleet, leaves: tuple[str, ...]) -> None:
    stuck, free = enqueue("noop", priority=MARKED), enqueue("noop")
    with refusing():
        boot = fleet.start(*leaves, "--concurrency", "1", shutdown_grace=1)
        assert boot.wait(60) == 1
    assert "nothing else is left to do: waiting 6 s for the results that wait, 1" in boot.lines
    assert f"dropped the result of {stuck} tests.tasks.noop, there is no more time to store it: the data" in boot.lines
    assert wait_for_status(free, Task.COMPLETED).worker == boot.row.pk


def test_a_burst_leaves_in_peace_when_the_result_is_stored_in_time(fleet: Fleet) -> None:
    stuck = enqueue("noop", priority=MARKED)
    with refusing():
        boot = fleet.start("--burst", "--concurrency", "1", shutdown_grace=60)
        boot.says("nothing else is left to do", 30)
    assert boot.wait(60) == 0
    assert Task.objects.get(pk=stuck).status == Task.COMPLETED


def test_a_claim_that_is_refused_holds_up_nothing(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    with refusing(IS_CLAIMED):
        stuck = enqueue("noop", priority=MARKED)
        boot.says(f"passed over {stuck}, it cannot be claimed: the database refuses it (", 30)
        for _ in range(3):
            wait_for_status(enqueue("noop"), Task.COMPLETED)
        lease = boot.row.lease_until
        wait_until(lambda: boot.row.heartbeat > lease, 30, "the lease was renewed beyond its end")
    wait_for_status(stuck, Task.COMPLETED, 30)
    assert boot.lines.count(f"passed over {stuck}") == 1
    assert "trying again" not in boot.lines
