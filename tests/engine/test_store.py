"""Endings: what a turn writes, what it refuses, and what is left of a run."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from django_simple_queue import monitor
from django_simple_queue.engine import store
from django_simple_queue.models import Attempt, Task
from tests.engine.storing import (
    ask_to_cancel,
    claim,
    completed,
    ending,
    enqueue,
    failed,
    let_lease_end,
    released,
    row,
    running,
    write,
)

pytestmark = pytest.mark.django_db


def test_complete_keeps_what_the_run_gave(worker):
    run = running(worker)
    assert write(worker, completed(run, output="42", log="hello\n")) == {(run.id, run.epoch): Task.COMPLETED}
    task = row(run)
    assert (task.status, task.output, task.log, task.error) == (Task.COMPLETED, "42", "hello\n", None)
    assert (task.worker, task.worker_pid, task.attempt, task.epoch) == (worker.pk, 4712, 1, 1)
    assert task.finished - task.started == pytest.approx(timedelta(seconds=1.5), abs=timedelta(milliseconds=5))
    assert abs(timezone.now() - task.finished) < timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [completed, failed])
def test_an_ending_that_waited_to_be_stored_is_dated_back(worker, end):
    run = running(worker)
    write(worker, end(run, ran_seconds=2.0, waited_seconds=60.0))
    task = row(run)
    assert timedelta(seconds=60) <= task.modified - task.finished < timedelta(seconds=90)
    assert task.finished - task.started == timedelta(seconds=2)


def test_the_happy_path_writes_no_attempt(worker):
    write(worker, completed(running(worker)))
    assert not Attempt.objects.exists()


def test_a_batch_of_all_verbs_ends_each_row_its_own_way(worker):
    enqueue(4)
    one, two, three, four = claim(worker, 4)
    ended = write(
        worker, completed(one), failed(two), released(three), failed(four, "interrupt", outcome="interrupted")
    )
    expected = (Task.COMPLETED, Task.FAILED, Task.QUEUED, Task.FAILED)
    assert ended == {(run.id, run.epoch): status for run, status in zip((one, two, three, four), expected, strict=True)}
    assert [row(run).status for run in (one, two, three, four)] == list(expected)


def test_fail_says_why(worker):
    run = running(worker)
    write(worker, failed(run, output="so far", log="a log", frames="[]"))
    task = row(run)
    assert (task.status, task.error, task.error_class) == (Task.FAILED, "ValueError('x 1')\n\ntrace", "ValueError")
    assert (task.output, task.log, task.frames, task.worker_pid) == ("so far", "a log", "[]", None)
    assert len(task.fingerprint) == 16
    assert task.worker == worker.pk


def test_failures_that_differ_in_numbers_share_a_fingerprint(worker):
    runs = [running(worker) for _ in range(3)]
    errors = ("KeyError(1)", "KeyError(22)", "TypeError()")
    write(worker, *(failed(run, error=error) for run, error in zip(runs, errors, strict=True)))
    first, second, third = (row(run).fingerprint for run in runs)
    assert first == second != third


def test_a_failure_keeps_an_attempt(worker):
    run = running(worker)
    write(worker, failed(run, log="x" * 20_000 + "end"))
    attempt = Attempt.objects.get()
    assert (attempt.task_id, attempt.epoch, attempt.attempt, attempt.round) == (run.id, 1, 1, 1)
    assert (attempt.outcome, attempt.error_class, attempt.worker) == ("failed", "ValueError", worker.pk)
    assert attempt.worker_pid == 4712
    assert (attempt.started, attempt.finished) == (row(run).started, row(run).finished)
    assert len(attempt.log) == Attempt.LOG_TAIL
    assert attempt.log.endswith("end")


def test_what_is_kept_of_an_attempt_is_bounded_in_bytes(worker):
    run = running(worker)
    write(worker, failed(run, error="é" * 400_000, log="ä" * 20_000 + "end"))
    attempt = Attempt.objects.get()
    assert Attempt.ERROR_SIZE - 10 < len(attempt.error.encode()) <= Attempt.ERROR_SIZE
    assert Attempt.LOG_TAIL - 10 < len(attempt.log.encode()) <= Attempt.LOG_TAIL
    assert attempt.log.endswith("end")


@pytest.mark.parametrize("settle", [lambda: Task.objects.lose(), monitor.detect_orphaned_tasks])
def test_a_lost_run_keeps_the_end_of_its_log_when_it_is_tried_again(worker, settle):
    runs = [running(worker, max_attempts=2), running(worker)]
    Task.objects.filter(pk=runs[0].id).update(log="x" * 20_000 + "end")
    let_lease_end(worker)
    assert settle() == 2
    assert (row(runs[0]).status, row(runs[1]).status) == (Task.QUEUED, Task.FAILED)
    kept = dict(Attempt.objects.values_list("task", "log"))
    assert kept == {runs[0].id: "x" * (Attempt.LOG_TAIL - 3) + "end", runs[1].id: ""}


def test_with_attempts_left_a_failure_waits_and_runs_again(worker):
    run = running(worker, max_attempts=2)
    assert write(worker, failed(run)) == {(run.id, 1): Task.QUEUED}
    task = row(run)
    assert (task.status, task.due, task.attempt, task.error_class) == (Task.QUEUED, False, 1, "ValueError")
    assert task.run_after > timezone.now() - timedelta(seconds=5)
    assert claim(worker) == []
    Task.objects.filter(pk=run.id).start_now()
    (again,) = claim(worker)
    assert (again.attempt, again.epoch) == (2, 2)
    assert write(worker, failed(again)) == {(run.id, 2): Task.FAILED}
    assert list(Attempt.objects.values_list("round", "attempt", "epoch")) == [(1, 1, 1), (1, 2, 2)]


def test_the_wait_before_the_next_attempt_follows_the_task(worker, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.pay": {"backoff": [600, 1200]}}
    run = running(worker, max_attempts=3)
    write(worker, failed(run))
    task = row(run)
    assert task.run_after - task.finished == pytest.approx(timedelta(seconds=600), abs=timedelta(seconds=1))


def test_a_failure_may_be_final_although_attempts_remain(worker):
    run = running(worker, max_attempts=5)
    assert write(worker, failed(run, retry=False)) == {(run.id, 1): Task.FAILED}


def test_release_gives_the_attempt_back_but_never_the_epoch(worker):
    run = running(worker)
    assert write(worker, released(run)) == {(run.id, 1): Task.QUEUED}
    task = row(run)
    assert (task.attempt, task.epoch, task.due, task.worker, task.started) == (0, 1, True, None, None)
    assert not Attempt.objects.exists()
    (again,) = claim(worker)
    assert (again.attempt, again.epoch) == (1, 2)


@pytest.mark.parametrize("end", [completed, failed, released], ids=["complete", "fail", "release"])
def test_a_cancel_that_was_asked_for_beats_every_ending(worker, end):
    run = running(worker, max_attempts=3)
    ask_to_cancel(run)
    assert write(worker, end(run)) == {(run.id, 1): Task.CANCELLED}
    task = row(run)
    assert task.status == Task.CANCELLED
    assert task.finished is not None


def test_a_cancelled_run_keeps_its_output_and_its_attempt(worker):
    run = running(worker)
    ask_to_cancel(run)
    write(worker, completed(run, output="too late"))
    assert row(run).output == "too late"
    assert Attempt.objects.get().outcome == "cancelled"


def test_texts_that_the_row_has_already_stay_when_an_ending_brings_none(worker):
    run = running(worker)
    Task.objects.filter(pk=run.id).update(output="stored before", log="streamed")
    write(worker, completed(run, output=None, log=None))
    assert (row(run).output, row(run).log) == ("stored before", "streamed")


FENCES = {
    "another epoch": {"epoch": F("epoch") + 1},
    "another worker": {"worker": uuid4()},
    "no worker": {"worker": None},
    "an ended row": {"status": Task.CANCELLED},
    "a queued row": {"status": Task.QUEUED},
}


@pytest.mark.parametrize("end", [completed, failed, released], ids=["complete", "fail", "release"])
@pytest.mark.parametrize("change", FENCES.values(), ids=FENCES)
def test_an_ending_that_is_not_ours_any_more_changes_nothing(worker, end, change):
    run, own = running(worker), running(worker)
    Task.objects.filter(pk=run.id).update(**change)
    before = Task.objects.filter(pk=run.id).values().get()
    assert write(worker, end(run), completed(own)) == {(own.id, own.epoch): Task.COMPLETED}
    assert Task.objects.filter(pk=run.id).values().get() == before
    assert not Attempt.objects.exists()


def test_an_ending_is_accepted_once(worker):
    run = running(worker)
    assert write(worker, completed(run))
    assert write(worker, failed(run)) == {}
    assert row(run).status == Task.COMPLETED


def test_a_deleted_task_spoils_nothing(worker):
    gone, own = running(worker), running(worker)
    Task.objects.filter(pk=gone.id).delete()
    assert write(worker, failed(gone), failed(own)) == {(own.id, own.epoch): Task.FAILED}


@pytest.mark.parametrize("verb", ["complete", "fail"])
def test_a_result_that_no_database_takes_ends_as_failed_and_the_others_stay(worker, verb):
    enqueue(3, max_attempts=4)
    one, bad, two = claim(worker, 3)
    unstorable = "a lone surrogate \ud800"
    refused = completed(bad, output=unstorable) if verb == "complete" else failed(bad, error=unstorable)
    (waiting,) = enqueue()
    turn = store.turn(worker.pk, [completed(one), refused, completed(two)], 1)
    assert turn.ended == {(one.id, 1): Task.COMPLETED, (bad.id, 1): Task.FAILED, (two.id, 1): Task.COMPLETED}
    assert [each.id for each in turn.claimed] == [waiting.pk]
    task = row(bad)
    assert (task.error_class, task.output) == ("ResultNotStored", None)
    assert task.error.startswith("The result of this run could not be stored: ")
    assert Attempt.objects.get().task_id == bad.id


@pytest.mark.postgres
def test_a_text_with_nul_is_refused_by_postgresql_alone_for_its_row(worker):
    enqueue(2)
    bad, good = claim(worker, 2)
    ended = write(worker, completed(bad, output="a\0b"), completed(good))
    assert ended == {(bad.id, 1): Task.FAILED, (good.id, 1): Task.COMPLETED}


def test_an_unknown_verb_is_an_error_not_an_ending(worker):
    run = running(worker)
    with pytest.raises(KeyError, match="forget"):
        write(worker, ending(run, "forget"))
    assert row(run).status == Task.PROGRESS
