"""What a worker still has to say when it leaves, and how it tells of what it could not."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from django_simple_queue.engine import clock, farewell, store
from django_simple_queue.engine.farewell import Farewell
from django_simple_queue.engine.lease import Lease
from django_simple_queue.engine.link import Link
from django_simple_queue.engine.outbox import Entry, Outbox
from django_simple_queue.models import Task, Worker
from tests.engine.locking import locked_elsewhere
from tests.engine.storing import completed, live_worker, row, running
from tests.engine.test_link import SilentBell

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.postgres,
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
]


class NoChildren(list):
    def dismiss(self, now: float) -> None:
        pass

    def disband(self) -> None:
        pass


@contextmanager
def chance(seconds: float) -> Iterator[None]:
    yield


@pytest.fixture
def worker() -> Iterator[Worker]:
    yield live_worker()
    connection.close()


@pytest.fixture
def leaver(worker: Worker) -> Farewell:
    dispatcher = SimpleNamespace(pool=NoChildren(), outbox=Outbox(), release_unread=list)
    return Farewell(worker, dispatcher, Link(SilentBell()), SimpleNamespace(last_chance=chance))


def keep(leaver: Farewell) -> store.Claimed:
    """A run whose ending has been withheld until just now, for ten seconds more."""
    run = running(leaver.worker)
    entry = Entry(completed(run), since=clock.now())
    leaver.outbox.add(entry)
    entry.not_before = clock.now() + 10
    return run


def in_peace(leaver: Farewell) -> int:
    return leaver.in_peace()


def without_a_lease(leaver: Farewell) -> int:
    return leaver.without_a_lease(store.LeaseLost("It has ended."))


def test_a_burst_that_waited_in_vain_says_so_and_counts_nothing(
    leaver: Farewell, caplog: pytest.LogCaptureFixture
) -> None:
    leaver.stuck = True
    assert leaver.in_peace() == 1
    assert caplog.messages[0].startswith("leaving: tasks whose time has come stay locked ")


@pytest.mark.locks_rows
@pytest.mark.parametrize(("leave", "code"), [(in_peace, 0), (without_a_lease, 1)])
def test_what_is_locked_is_said_when_it_is_free(
    leaver: Farewell, monkeypatch: pytest.MonkeyPatch, leave: Callable[[Farewell], int], code: int
) -> None:
    run, free = keep(leaver), keep(leaver)
    with ExitStack() as lock:
        lock.enter_context(locked_elsewhere(run.id))
        monkeypatch.setattr(farewell, "time", SimpleNamespace(sleep=lambda seconds: lock.close()))
        assert leave(leaver) == code
    assert [row(each).status for each in (run, free)] == [Task.COMPLETED] * 2
    assert not leaver.outbox.entries


@pytest.mark.parametrize(("leave", "code"), [(in_peace, 0), (without_a_lease, 1)])
def test_one_error_is_not_the_end(
    leaver: Farewell, monkeypatch: pytest.MonkeyPatch, leave: Callable[[Farewell], int], code: int
) -> None:
    run, write, errors = keep(leaver), store.last_words, [OperationalError("closed the connection")]

    def break_off_once(*words):
        if errors:
            store.disconnect()
            raise errors.pop()
        return write(*words)

    monkeypatch.setattr(store, "last_words", break_off_once)
    assert leave(leaver) == code
    assert (row(run).status, errors) == (Task.COMPLETED, [])


@pytest.mark.locks_rows
def test_what_stays_locked_is_told_as_such_and_the_lease_is_given_up(
    leaver: Farewell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_simple_queue.worker")
    monkeypatch.setattr(farewell, "LAST_WORDS_SECONDS", farewell.LEAVE_SECONDS + 0.3)
    run = keep(leaver)
    with locked_elsewhere(run.id):
        assert leaver.in_peace() == 1
    assert f"dropped the result of {run.id} {run.task}, there is no more time to store it: another" in caplog.text
    assert "leaving: 1 endings are not stored" in caplog.text
    assert "not ours any more" not in caplog.text
    assert Worker.objects.get(pk=leaver.worker.pk).state == Worker.State.STOPPED


def test_a_lease_that_others_have_ended_leaves_no_more_time_than_last_words_take(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own account it goes on for a while: the alarm must not wait for that."""
    monkeypatch.setattr(signal, "setitimer", lambda *alarm: None)
    link = Link(SilentBell())
    lease = Lease(worker, NoChildren(), link)
    with lease.last_chance(60), link.interruptible(), pytest.raises(store.NoAnswer):
        lease.ring(signal.SIGALRM, None)
