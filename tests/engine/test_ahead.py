"""A child has quick tasks waiting; none of them ever waits behind a slow one, and none runs twice."""

from __future__ import annotations

import os
import selectors
from collections import Counter
from collections.abc import Iterator

import pytest

from django_simple_queue.engine import clock, messages, runs
from django_simple_queue.engine.board import Board
from django_simple_queue.engine.dispatch import AHEAD_RUNS, AHEAD_RUNS_ONCE, Dispatcher
from django_simple_queue.engine.guardlink import SILENT_SECONDS, GuardLink
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.pool import Pool
from django_simple_queue.engine.traces import Traces
from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Fleet, Ledger, enqueue, wait_for_status
from tests.engine.storing import claim, live_worker
from tests.engine.storing import enqueue as enqueue_row
from tests.support.waiting import wait_until


def recorded(ledger: Ledger, name: str, seconds: float = 0) -> tuple[str, dict[str, object]]:
    return TASKS + "recorded", {"ledger": ledger.path, "name": name, "seconds": seconds}


def test_a_slow_run_keeps_no_quick_one_waiting(fleet: Fleet, ledger: Ledger) -> None:
    """All are of one kind, known to be quick; one of them is not."""
    names = [str(number) for number in range(300)]
    calls = [recorded(ledger, name, 30 if name == "150" else 0) for name in names]
    create_tasks(calls)
    fleet.ready("--concurrency", "2")
    ledger.wait_for("end", 299)
    assert ledger.count("start") == Counter(names)
    wait_until(lambda: Task.objects.filter(status=Task.COMPLETED, attempt=1).count() == 299, 10, "all quick ones ended")


def test_what_no_child_can_take_goes_to_other_workers(fleet: Fleet, ledger: Ledger) -> None:
    create_tasks([recorded(ledger, str(number)) for number in range(60)])
    create_tasks([recorded(ledger, "slow", 30), *(recorded(ledger, f"behind-{n}") for n in range(10))])
    fleet.ready("--concurrency", "1")
    ledger.wait_for("start", 61)
    wait_until(lambda: Task.objects.filter(status=Task.QUEUED).count() == 10, 10, "those behind are given back")
    fleet.ready("--concurrency", "1")
    ledger.wait_for("end", 70)
    assert set(ledger.count("start").values()) == {1}


def test_crashes_spoil_nothing_that_waits(fleet: Fleet) -> None:
    create_tasks([(TASKS + ("leave" if number % 10 == 0 else "noop"), {}) for number in range(500)])
    fleet.burst("--concurrency", "2")
    assert Task.objects.filter(status=Task.FAILED, error="Worker subprocess exited with code 3").count() == 50
    assert Task.objects.filter(status=Task.COMPLETED, attempt=1).count() == 450


def test_timeouts_and_cancellations_hit_the_run_they_are_meant_for(fleet: Fleet, ledger: Ledger) -> None:
    create_tasks([recorded(ledger, str(number)) for number in range(100)])
    create_tasks([{"task": TASKS + "recorded", "args": recorded(ledger, "limited", 30)[1], "timeout": 1}])
    create_tasks([recorded(ledger, f"after-{number}") for number in range(100)])
    boot = fleet.ready("--concurrency", "1")
    ledger.wait_for("end", 200)
    assert Task.objects.filter(status=Task.FAILED).count() == 1
    cancelled = enqueue("recorded", recorded(ledger, "cancelled", 30)[1])
    ledger.wait_for("start", 202)
    Task.objects.filter(pk=cancelled).cancel()
    after = enqueue("noop")
    wait_for_status(after, Task.COMPLETED)
    assert Task.objects.get(pk=cancelled).status == Task.CANCELLED
    assert "exited with code" not in boot.lines


@pytest.fixture
def child() -> Iterator[Member]:
    """A child that reads nothing."""
    ends, (reader, writer), traces = messages.channel(), os.pipe(), Traces()
    files = [*(end.detach() for end in ends), reader, *traces.descriptors]
    member = Member(1, files, lambda *words: None, lambda: None)
    member.on_duty = member.ready = True
    yield member
    member.close()
    os.close(writer)


def guard_seen_at(at: float) -> GuardLink:
    guard = GuardLink.__new__(GuardLink)
    guard.board, guard.looked, guard.seen_at = Board(1), 0.0, at
    return guard


@pytest.mark.django_db
def test_nothing_starts_under_a_guard_that_stands_still(child: Member) -> None:
    enqueue_row()
    dispatcher, now = Dispatcher(Pool(1, selectors.DefaultSelector(), [])), clock.now()
    dispatcher.pool.members[child.pid] = child
    dispatcher.accept(claim(live_worker(), 1))
    dispatcher.pool.guard = guard_seen_at(now)
    dispatcher.hand_out(now)
    assert (len(child.runs), len(dispatcher.ready)) == (1, 0)
    dispatcher.pool.guard = guard_seen_at(now - SILENT_SECONDS)
    dispatcher.recall(now)
    dispatcher.hand_out(now)
    assert (len(child.runs), len(dispatcher.ready)) == (0, 1)


def with_one_run(child: Member) -> tuple[Dispatcher, runs.Run, float]:
    """A dispatcher whose only child is at its only run; and when it was handed out."""
    enqueue_row()
    dispatcher, now = Dispatcher(Pool(1, selectors.DefaultSelector(), [])), clock.now()
    dispatcher.pool.members[child.pid] = child
    dispatcher.pool.guard = guard_seen_at(now)
    dispatcher.accept(claim(live_worker(), 1))
    dispatcher.hand_out(now)
    (run,) = child.runs
    messages.receive_packet(child.other)
    return dispatcher, run, now


@pytest.mark.django_db
def test_a_run_that_is_refused_while_it_is_to_be_ended_costs_no_guard(child: Member) -> None:
    """A child that is worn out gives it back; whoever ends runs then finds it among those that wait."""
    dispatcher, run, now = with_one_run(child)
    dispatcher.end({run.key}, runs.CANCELLED, now)
    assert child.doomed
    dispatcher.note(child, "refused", run.serial, [])
    assert (list(dispatcher.ready), run.doom) == ([run], None)
    assert child.gone_by is None
    assert child.may_retire
    dispatcher.end({run.key}, runs.CANCELLED, now)
    assert [entry.ending.verb for entry in dispatcher.outbox.entries.values()] == ["release"]


@pytest.mark.django_db
@pytest.mark.parametrize(("attempts", "depth"), [((3, 3), AHEAD_RUNS), ((3, 1), AHEAD_RUNS_ONCE)])
def test_fewer_wait_of_what_is_never_tried_twice(attempts: tuple[int, ...], depth: int) -> None:
    for most in attempts:
        enqueue_row(max_attempts=most)
    dispatcher = Dispatcher(Pool(1, selectors.DefaultSelector(), []))
    dispatcher.pace.typical = 0.0001
    assert dispatcher.depth == AHEAD_RUNS_ONCE
    dispatcher.accept(claim(live_worker(), len(attempts)))
    assert dispatcher.depth == depth


@pytest.mark.django_db
@pytest.mark.parametrize(("doom", "holds"), [(runs.CANCELLED, True), (runs.STOPPED, False)])
def test_a_cancelled_run_that_has_left_something_ends_with_that(child: Member, doom: runs.Doom, holds: bool) -> None:
    """It has ended by itself at the last moment; once its row is CANCELLED somebody may requeue it."""
    dispatcher, run, now = with_one_run(child)
    dispatcher.end({run.key}, doom, now)
    dispatcher.note(child, "done", run.serial, [False, now, "process 7", 0.1, "ok", None, "", None])
    (entry,) = dispatcher.outbox.entries.values()
    assert entry.ending.verb == "complete"
    assert (child.held is entry, dispatcher.outbox.batch(now)) == ((True, []) if holds else (False, [entry]))
