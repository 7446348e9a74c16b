"""What a run writes, hands over and reports is seen while it goes on, and what it left is kept when it is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from uuid import UUID

import pytest
from django.db import close_old_connections

from django_simple_queue.engine import messages, store
from django_simple_queue.engine.live import LONG_SECONDS, Live
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.runs import Run
from django_simple_queue.engine.store import Claimed, Glimpse
from django_simple_queue.engine.traces import Traces
from django_simple_queue.models import Attempt, Task
from django_simple_queue.reporting import Progress
from tests.engine.fleet import Fleet, enqueue, run, wait_for_status
from tests.engine.storing import claim, completed, failed, live_worker, running, write
from tests.engine.storing import enqueue as enqueue_row
from tests.support.waiting import wait_until


def wait_for_row(task: UUID, **columns: object) -> Task:
    """The row once it shows these values; a text is looked for within the column."""

    def shows() -> bool:
        close_old_connections()
        row = Task.objects.get(pk=task)
        return all(holds(getattr(row, name), wanted) for name, wanted in columns.items())

    wait_until(shows, 20, f"{task} shows {columns}")
    return Task.objects.get(pk=task)


def holds(value: object, wanted: object) -> bool:
    return wanted in (value or "") if isinstance(wanted, str) and isinstance(value, str | None) else value == wanted


@pytest.fixture
def go(tmp_path: Path) -> Path:
    return tmp_path / "go"


def test_log_and_progress_are_seen_while_the_run_goes_on(fleet: Fleet, go: Path) -> None:
    task = enqueue("show_and_wait", {"go": str(go)})
    fleet.ready("--concurrency", "1")
    row = wait_for_row(task, log="logged", progress=62, progress_message="3 100 of 5 000")
    assert row.status == Task.PROGRESS
    assert (row.log or "").startswith("printed\n")
    go.touch()
    row = wait_for_status(task, Task.COMPLETED)
    assert (row.output, row.progress, row.progress_message) == ("shown", 100, "all of them")


@pytest.mark.parametrize("name", ["yield_and_wait", "yield_and_wait_async"])
def test_what_a_generator_hands_over_is_seen_at_once(fleet: Fleet, go: Path, name: str) -> None:
    task = enqueue(name, {"go": str(go)})
    fleet.ready("--concurrency", "1")
    assert wait_for_row(task, output="first ").status == Task.PROGRESS
    go.touch()
    assert wait_for_status(task, Task.COMPLETED).output.startswith("first second")


def test_what_was_shown_is_kept_when_the_run_is_killed(fleet: Fleet) -> None:
    row = run(fleet, "yield_then_die")
    assert (row.status, row.output, row.log, row.progress) == (Task.FAILED, "first ", "printed\n", 25)


def test_what_was_shown_is_kept_at_a_timeout(fleet: Fleet) -> None:
    task = enqueue("yield_and_wait", {"go": "/nowhere/at/all"}, timeout=3)
    fleet.burst("--concurrency", "1")
    row = Task.objects.get(pk=task)
    assert (row.status, row.output) == (Task.FAILED, "first second ")
    assert "timed out" in (row.error or "")


def test_the_progress_of_a_quick_run_is_kept(fleet: Fleet) -> None:
    row = run(fleet, "report_from_thread")
    assert (row.progress, row.progress_message) == (50, "1 of 2")


def test_the_next_run_of_the_same_child_starts_with_nothing_shown(fleet: Fleet) -> None:
    first, second = enqueue("report_from_thread"), enqueue("kill_self", {"number": signal.SIGKILL})
    fleet.burst("--concurrency", "1")
    assert Task.objects.get(pk=first).progress == 50
    row = Task.objects.get(pk=second)
    assert (row.output or "", row.progress, row.progress_message) == ("", None, "")


@pytest.mark.django_db
def test_only_a_run_that_is_still_ours_shows_anything() -> None:
    worker, other = live_worker(), live_worker()
    ours = running(worker)
    shown = Glimpse(ours.id, ours.epoch, "out", "log", Progress(40, "half way"))
    assert store.show(worker.pk, [shown]) == 1
    row = Task.objects.get(pk=ours.id)
    assert (row.output, row.log, row.progress, row.progress_message) == ("out", "log", 40, "half way")
    assert store.show(other.pk, [shown]) == 0
    assert store.show(worker.pk, [Glimpse(ours.id, ours.epoch + 1, "later")]) == 0
    write(worker, completed(ours, output="done"))
    assert store.show(worker.pk, [shown]) == 0
    assert Task.objects.get(pk=ours.id).output == "done"


@pytest.mark.django_db
def test_another_attempt_starts_without_progress() -> None:
    worker = live_worker()
    write(worker, failed(running(worker, max_attempts=2), shown=Progress(80, "nearly")))
    row = Task.objects.get()
    assert (row.status, row.progress, row.progress_message) == (Task.QUEUED, 80, "nearly")
    assert Attempt.objects.count() == 1
    assert Task.objects.waiting().start_now() == 1
    claim(worker)
    row.refresh_from_db()
    assert (row.progress, row.progress_message) == (None, "")


@pytest.mark.django_db
def test_a_glimpse_without_a_text_leaves_what_is_there() -> None:
    worker = live_worker()
    ours = running(worker)
    store.show(worker.pk, [Glimpse(ours.id, ours.epoch, output="first")])
    store.show(worker.pk, [Glimpse(ours.id, ours.epoch, progress=Progress(None, "on it"))])
    row = Task.objects.get(pk=ours.id)
    assert (row.output, row.progress, row.progress_message) == ("first", None, "on it")


@pytest.fixture
def member() -> Member:
    ours, theirs = messages.channel()
    reader, writer = os.pipe()
    os.close(writer)
    files = [ours.detach(), theirs.detach(), reader, *Traces().descriptors]
    member = Member(0, files, ask=lambda *words: None, wake=lambda: None)
    yield member
    member.close()


@pytest.fixture
def at_work(member: Member, transactional_db: None) -> Member:
    (row,) = enqueue_row()
    member.expect(1, Run(Claimed(row.pk, 1, 1, 1, row.task, "{}", "", None, "default", 0, row.run_after), 1, 0), now=0)
    return member


def test_nothing_is_written_while_nothing_changes(at_work: Member) -> None:
    live = Live([at_work], hear=lambda member: None)
    assert live.due_at() == LONG_SECONDS
    assert live.look(1) == []
    os.write(at_work.traces.log.fd, b"a line")
    assert [glimpse.log for glimpse in live.look(2)] == ["a line"]
    assert live.look(3) == []
    at_work.traces.progress.write(Progress(3, ""))
    assert [glimpse.progress for glimpse in live.look(4)] == [Progress(3, "")]
    live.forget()
    assert [glimpse.log for glimpse in live.look(5)] == ["a line"]


def test_a_look_is_due_twice_a_second_and_only_at_runs_that_take_a_while(at_work: Member) -> None:
    live = Live([at_work], hear=lambda member: None)
    os.write(at_work.traces.log.fd, b"a line")
    assert live.look(LONG_SECONDS / 2) == []
    live.look(10)
    assert live.due_at() == 10.5
    at_work.answered(1, now=10)
    assert live.due_at() == float("inf")


def test_what_the_next_run_has_written_is_not_shown_for_the_one_before(at_work: Member) -> None:
    os.write(at_work.traces.log.fd, b"of another task")
    live = Live([at_work], hear=lambda member: member.answered(1, now=1))
    assert live.look(1) == []


def test_a_long_text_is_shown_by_its_ends(at_work: Member) -> None:
    os.write(at_work.traces.log.fd, b"first\n" + b"x" * 1_000_000 + b"\nlast\n")
    (glimpse,) = Live([at_work], hear=lambda member: None).look(1)
    assert len(glimpse.log) <= 64 * 1024
    assert glimpse.log.startswith("first\n")
    assert glimpse.log.endswith("\nlast\n")
