"""The database lets nobody claim some rows, whatever the reason: all the others are claimed, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import Error

from django_simple_queue.engine import store
from django_simple_queue.engine.aside import FORGET_SECONDS, Aside
from django_simple_queue.engine.store import LeaseLost, claims
from django_simple_queue.models import QueuePause, Task, Worker
from tests.engine.fleet import Fleet, wait_for_status
from tests.engine.locking import locked_elsewhere
from tests.engine.refusing import IS_CLAIMED, MARKED, refusing
from tests.engine.storing import claim, completed, enqueue, let_lease_end, live_worker, running

pytestmark = [pytest.mark.sqlite, pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker() -> Iterator[Worker]:
    store.tune()
    yield live_worker()
    store.disconnect()


def ids(turn: store.Turn) -> list[UUID]:
    return [each.id for each in turn.claimed]


def keys_of(turn: store.Turn) -> set[UUID]:
    return {UUID(str(key)) for key in turn.refused}


@pytest.mark.parametrize("queues", [(), ("default", "mail")])
def test_all_but_the_refused_are_claimed_in_their_order(worker: Worker, queues: tuple[str, ...]) -> None:
    stuck = [enqueue(priority=MARKED, queue=queue)[0].pk for queue in ("default", "mail")]
    last, *others = [task.pk for priority in (1, 3, 2) for task in enqueue(priority=priority)]
    with refusing(IS_CLAIMED):
        turn = store.turn(worker.pk, (), 10, queues)
        assert ids(turn) == [*others, last]
        assert (keys_of(turn), turn.looked) == (set(stuck), False)
        assert all("refused by a trigger" in reason for reason in turn.refused.values())
        nothing = store.turn(worker.pk, (), 10, queues, list(turn.refused))
        assert (nothing.claimed, nothing.refused, nothing.looked) == ([], {}, True)
    assert set(ids(store.turn(worker.pk, (), 10, queues))) == set(stuck)


def test_those_in_front_are_gone_past(worker: Worker) -> None:
    """As many as a claim wants: it must not take the end of its list for the end of the queue."""
    enqueue(3, priority=MARKED)
    (free,) = enqueue()
    with refusing(IS_CLAIMED):
        first = store.turn(worker.pk, (), 2)
        assert (first.claimed, len(first.refused), first.looked) == ([], 2, False)
        second = store.turn(worker.pk, (), 2, (), list(first.refused))
    assert (ids(second), len(second.refused)) == ([free.pk], 1)


def test_endings_of_the_same_turn_are_written(worker: Worker) -> None:
    run = running(worker)
    stuck, free = enqueue(priority=MARKED) + enqueue()
    with refusing(IS_CLAIMED):
        turn = store.turn(worker.pk, [completed(run)], 2)
    assert turn.ended == {(run.id, run.epoch): Task.COMPLETED}
    assert (ids(turn), keys_of(turn)) == ([free.pk], {stuck.pk})


@pytest.mark.parametrize("aside", [False, True])
def test_endings_are_heard_of_when_claiming_goes_wrong(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    def lost(*_: object) -> None:
        raise LeaseLost("meanwhile")

    run = running(worker)
    (stuck,) = enqueue(priority=MARKED)
    monkeypatch.setattr("django_simple_queue.engine.store.batches.claim_others", lost)
    with refusing(IS_CLAIMED):
        turn = store.turn(worker.pk, [completed(run)], 1, (), [stuck.pk.hex] if aside else [])
        assert (turn.ended, turn.looked) == ({(run.id, run.epoch): Task.COMPLETED}, False)
        with pytest.raises(LeaseLost, match="meanwhile"):
            store.turn(worker.pk, (), 1)


@pytest.mark.locks_rows
def test_what_is_locked_is_passed_over_as_ever(worker: Worker) -> None:
    stuck, locked, free = enqueue(priority=MARKED) + enqueue(2)
    with refusing(IS_CLAIMED), locked_elsewhere(locked.pk):
        turn = store.turn(worker.pk, (), 5)
    assert (ids(turn), keys_of(turn)) == ([free.pk], {stuck.pk})


def test_nothing_is_claimed_past_a_pause_or_a_lease(worker: Worker) -> None:
    (stuck,) = enqueue(priority=MARKED)
    (free,) = enqueue(queue="mail")
    with refusing(IS_CLAIMED):
        aside = list(store.turn(worker.pk, (), 5, ("default",)).refused)
    pause = QueuePause.objects.create(queue="mail", reason="a test")
    assert store.turn(worker.pk, (), 5, (), aside).claimed == []
    held, keys = claims.choose(worker.pk, 5, ("default",), [])
    assert [UUID(str(key)) for key in keys] == [stuck.pk]
    pause.delete()
    assert claims.take(worker.pk, held, keys) == []
    Worker.objects.filter(pk=worker.pk).update(state=Worker.State.PAUSED)
    assert store.turn(worker.pk, (), 5, (), aside).claimed == []
    let_lease_end(worker)
    with pytest.raises(LeaseLost):
        store.turn(worker.pk, (), 5, (), aside)
    assert Task.objects.get(pk=free.pk).status == Task.QUEUED


def test_where_all_are_refused_nobody_goes_through_the_whole_table(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_ASIDE", 3)
    enqueue(5, priority=MARKED)
    with refusing(IS_CLAIMED):
        aside = list(store.turn(worker.pk, (), 2).refused)
        with pytest.raises(Error, match="refused by a trigger"):
            store.turn(worker.pk, (), 2, (), aside)
        enqueue()
        assert len(store.turn(worker.pk, (), 5, (), aside).claimed) == 1
    assert len(claim(worker, 9)) == 5


def test_a_burst_runs_all_the_others_and_says_that_it_leaves_some(fleet: Fleet) -> None:
    stuck = enqueue(40, priority=MARKED, task="tests.tasks.noop")
    free = enqueue(3, task="tests.tasks.noop")
    with refusing(IS_CLAIMED):
        boot = fleet.start("--burst", "--concurrency", "1")
        assert boot.wait() == 1
        for task in free:
            wait_for_status(task.pk, Task.COMPLETED)
    assert boot.lines.count("passed over ") == len(stuck)
    assert f"leaving: {len(stuck)} tasks are due and cannot be claimed" in boot.lines
    assert set(Task.objects.filter(priority=MARKED).values_list("status", flat=True)) == {Task.QUEUED}


def test_a_row_is_tried_again_less_and_less_often() -> None:
    aside, reason = Aside(), {"a": "no"}
    assert aside.put(reason, 100.0) == reason
    assert (aside.keys(100.9), aside.keys(101.0)) == (["a"], [])
    assert aside.put(reason, 103.0) == {}
    assert (aside.keys(105.9), aside.keys(106.0)) == (["a"], [])
    assert aside.put(reason | {"b": "no"}, 150.0) == {"b": "no"}
    assert (aside.keys(150.9), aside.keys(159.9), aside.keys(160.0)) == (["a", "b"], ["a"], [])
    aside.keys(160.0 + FORGET_SECONDS)
    assert aside.put(reason, 300.0) == reason
