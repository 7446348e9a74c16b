"""What the console says of failures that somebody has handled, of pauses, and of what it cannot know yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard import preflight
from dashboard.formats import CAP
from dashboard.models import FailureGroup
from dashboard.selectors import attention, fleet, health, open_groups, snapshot
from dashboard.selectors.open_groups import OpenGroups
from dashboard.selectors.trouble import trouble
from django_simple_queue.models import QueuePause, Task
from tests.dashboard.answers import text_of
from tests.dashboard.queue import a_task, a_worker, later
from tests.dashboard.test_attention import failure, told

NOISY, OTHER = "f" * 16, "e" * 16
pytestmark = pytest.mark.django_db


def failed_tile():
    trouble.forget()
    return health.failed(snapshot.take())


def judge(fingerprint, state, since=None):
    FailureGroup.objects.create(fingerprint=fingerprint, state=state, since=since or timezone.now())
    trouble.forget()


def test_an_ignored_group_is_never_told_and_hides_no_other(viewer):
    a_worker()
    for minutes in range(1, 11):
        failure(minutes)
    assert failed_tile().tone == "failed"
    judge(NOISY, FailureGroup.State.IGNORED)
    assert told() == []
    assert failed_tile().tone == ""
    assert "is-hot" not in viewer.get("/").content.decode()
    for minutes in (1, 2, 3):
        failure(minutes, fingerprint=OTHER)
    trouble.forget()
    assert told()[0].startswith("charge_invoice: ConnectTimeout, 3 since ")
    assert failed_tile().tone == "failed"


def test_handled_failures_silence_none_that_are_in_no_group(viewer):
    a_worker()
    for minutes in (1, 2, 3):
        failure(minutes)
    judge(NOISY, FailureGroup.State.IGNORED)
    for minutes in (1, 2, 3, 4):
        failure(minutes, fingerprint="")
    assert told()[0] == "4 of 7 runs failed in the last 15 min"
    assert failed_tile().tone == "failed"
    assert "is-hot" in viewer.get("/").content.decode()


def test_a_flood_of_ignored_failures_hides_no_other(monkeypatch):
    a_worker()
    monkeypatch.setattr("dashboard.selectors.trouble.FAILURES_READ", 5)
    for _ in range(8):
        failure(1)
    judge(NOISY, FailureGroup.State.IGNORED)
    for minutes in (5, 6, 7):
        failure(minutes, fingerprint=OTHER)
    trouble.forget()
    assert told()[0].startswith("charge_invoice: ConnectTimeout, 3 since ")


def test_a_resolved_group_is_told_when_it_fails_again_only():
    a_worker()
    for minutes in (2, 3, 4):
        failure(minutes)
    judge(NOISY, FailureGroup.State.RESOLVED, timezone.now() - timedelta(minutes=1))
    assert told() == []
    for _ in range(3):
        failure(0)
    trouble.forget()
    assert told()[0].startswith("charge_invoice: ConnectTimeout, ")


def test_what_nobody_has_handled_is_said_although_nothing_fails_any_more(viewer):
    a_worker()
    for minutes in (30, 31):
        failure(minutes)
    assert told() == []
    html = viewer.get("/").content.decode()
    assert "Nothing is wrong just now; 1 group of failures is open, 2 not handled." in html
    assert "Nothing needs you." not in html
    judge(NOISY, FailureGroup.State.IGNORED)
    snapshot.memory.forget()
    assert "Nothing needs you." in viewer.get("/").content.decode()


def test_failures_in_no_group_are_not_called_handled(viewer):
    a_worker()
    failure(1, fingerprint="")
    assert failed_tile().note == "some are in no group"
    assert "some failures are in no group" in viewer.get("/").content.decode()


def test_a_number_that_was_counted_up_to_a_limit_says_so(monkeypatch):
    for minutes in (1, 2, 3):
        failure(minutes)
    assert health.failed(snapshot.take()).note.endswith("3 not handled")
    monkeypatch.setattr(open_groups, "MOST_TASKS", 2)
    picture = snapshot.take()
    assert picture.open_groups == OpenGroups(1, 2, more=True)
    assert health.failed(picture).note.endswith("2+ not handled")


def test_a_pause_is_no_reason_for_an_alarm():
    a_worker()
    a_task(queue="mail", age=2_000)
    assert told() == ["No worker has claimed anything for 33 min"]
    QueuePause.objects.create(queue="mail", reason="maintenance")
    trouble.forget()
    assert told() == []
    tile = health.queued(snapshot.take())
    assert (tile.tone, tile.note) == ("", "held by a pause")
    fresh = a_task(age=10)
    trouble.forget()
    assert told() == []
    assert health.queued(snapshot.take()).tone == ""
    Task.objects.filter(pk=fresh.pk).update(run_after=timezone.now() - timedelta(seconds=1_000))
    assert told() == ["No worker has claimed anything for 16 min"]
    assert attention.attention(snapshot.take())[0].detail.startswith("1 task waits")
    QueuePause.objects.create(queue=QueuePause.ALL, reason="maintenance")
    assert told() == []


def test_a_worker_that_has_come_since_the_picture_is_not_called_lost():
    a_worker()
    gone, young = a_task(Task.PROGRESS, worker=None), a_worker(host="web-9")
    picture = snapshot.take()
    now = picture.fleet.taken
    workers = {pk: worker for pk, worker in picture.fleet.workers.items() if pk != young.pk}
    seen = replace(picture.fleet, workers=workers, size=len(workers))
    assert not seen.has_lost(young.pk, now + timedelta(seconds=1))
    assert seen.has_lost(young.pk, now - timedelta(seconds=1))
    assert seen.has_lost(None, now + timedelta(seconds=1))
    assert gone.worker is None


def test_workers_that_are_too_many_to_know_are_not_called_lost(monkeypatch):
    known, other = a_worker(), a_worker(host="web-2")
    monkeypatch.setattr(fleet, "WORKERS", 1)
    picture = snapshot.take()
    seen = picture.fleet
    assert len(seen.workers) == 1
    assert (health.workers(picture).value, seen.slots) == ("2", known.slots + other.slots)
    long_ago = timezone.now() - timedelta(hours=1)
    assert not any(seen.has_lost(worker.pk, long_ago) for worker in (known, other))


@pytest.mark.parametrize("verb", ["requeue", "cancel"])
def test_what_cannot_be_counted_is_not_called_as_many_as_were_looked_at(verb):
    asked = preflight.Preflight(verb, None, None, total=None, looked=5_000, refused={"unfit": 10})
    assert asked.title == f"{verb.capitalize()} all tasks that match?"
    assert asked.amount == "all that match"


def test_when_not_all_could_be_counted_a_sample_that_does_not_fit_is_not_the_end():
    asked = preflight.Preflight("requeue", None, None, total=None, looked=5_000, refused={"unfit": 5_000})
    assert (asked.able, asked.may_go, asked.title) == (0, True, "Requeue all tasks that match?")
    asked = preflight.Preflight("requeue", None, None, total=5_000, looked=5_000, refused={"unfit": 5_000})
    assert (asked.may_go, asked.title) == (False, "Nothing here can be requeued")


@pytest.mark.parametrize("count", [None, CAP + 1])
def test_slots_are_free_only_when_all_that_runs_was_counted(count):
    picture = snapshot.take()
    many = replace(picture, counts={**picture.counts, "progress": count}, fleet=fleet.Fleet(size=9, slots=20_000))
    assert health.running(many).note == "of 20000 slots"


def test_without_an_answer_of_the_database_no_tile_says_a_number():
    assert {(tile.value, tile.note, tile.tone) for tile in health.tiles(snapshot.Snapshot.empty())} == {
        ("\N{EN DASH}", "not known now", "")
    }


@pytest.mark.parametrize("who", ["demo", ""])
def test_why_a_task_of_a_paused_queue_does_not_run_is_whole_sentences(ada, who):
    a_worker()
    until = timezone.now() + timedelta(minutes=14, seconds=30)
    QueuePause.objects.create(queue="mail", paused_by=who, reason="deploy", until=until)
    text = text_of(ada.get(f"/tasks/{a_task(queue='mail').pk}/"))
    by = f" by {who}" if who else ""
    assert f"The queue mail is paused{by}: deploy. It may start in 14 min, at " in text


def test_the_chart_of_the_last_runs_explains_the_columns_that_it_has(ada):
    ended = [a_task(Task.COMPLETED) for _ in range(6)]
    assert "this task" in read_page(ada, ended[0])
    assert "Last 6 runs" in (waiting := read_page(ada, a_task(**later(3600))))
    assert "this task" not in waiting


def read_page(client, task):
    return " ".join(client.get(f"/tasks/{task.pk}/").content.decode().split())
