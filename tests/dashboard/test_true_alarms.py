"""What alarms is the number that is shown; what is counted in a part says so, and opens what it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.models import FailureGroup
from dashboard.selectors import attention, health, named, snapshot
from django_simple_queue.models import Task, Worker
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, page, shown

pytestmark = pytest.mark.django_db
HANDLED, OPEN = "a" * 16, "b" * 16


def tile(slug):
    return next(each for each in health.tiles(snapshot.take()) if each.slug == slug)


def titles():
    return [each.title for each in attention.attention(snapshot.take())]


@pytest.fixture
def partly_handled():
    """Of 100 runs 12 failed; 8 of these are of a group that is ignored."""
    FailureGroup.objects.create(fingerprint=HANDLED, state=FailureGroup.State.IGNORED, since=timezone.now())
    for number in range(100):
        status = Task.FAILED if number < 12 else Task.COMPLETED
        fingerprint = "" if number > 11 else HANDLED if number < 8 else f"{number:016x}"
        a_task(status, fingerprint=fingerprint)
    return 4


def test_the_share_of_failures_is_of_those_that_nobody_has_handled(partly_handled, monkeypatch):
    monkeypatch.setattr(health, "FAILS_TOO_OFTEN", 0.03)
    shown_tile = tile("failed")
    assert (shown_tile.value, shown_tile.reason) == ("12", "4\N{NO-BREAK SPACE}% of 100 runs, without 8 handled")
    [sentence] = [each for each in attention.attention(snapshot.take()) if "runs failed" in each.title]
    assert sentence.title == "4 of 100 runs failed in the last 15 min"
    assert sentence.detail == "Look at what they have in common. 8 more are handled."


def test_where_none_is_handled_the_share_alone_is_said():
    for _ in range(4):
        a_task(Task.FAILED)
    assert (tile("failed").value, tile("failed").reason) == ("4", "100\N{NO-BREAK SPACE}% of 4 runs")


@pytest.fixture
def many_runs():
    """600 of 20 600 runs failed, spread over minutes, all within a quarter of an hour."""
    now = timezone.now()
    ended = [(Task.FAILED, 600, 0), (Task.COMPLETED, 8_000, 0), (Task.COMPLETED, 8_000, 5), (Task.COMPLETED, 4_000, 9)]
    for status, count, age in ended:
        finished = now - timedelta(minutes=age)
        Task.objects.bulk_create([Task(task=SEND, status=status, finished=finished) for _ in range(count)])


def test_the_share_is_of_all_runs_however_many_they_are(many_runs, monkeypatch):
    assert tile("failed").reason == ""
    monkeypatch.setattr(health, "FAILS_TOO_OFTEN", 0.02)
    assert tile("failed").reason == "3\N{NO-BREAK SPACE}% of 20\N{NARROW NO-BREAK SPACE}600 runs"
    assert "600 of 20\N{NARROW NO-BREAK SPACE}600 runs failed in the last 15 min" in titles()


def test_no_share_is_said_of_more_than_are_counted(many_runs):
    Task.objects.update(finished=timezone.now())
    assert (snapshot.take().ended_lately, tile("failed").reason) == (None, "")
    Task.objects.filter(status=Task.COMPLETED).update(status=Task.FAILED)
    assert tile("failed").reason == "10\N{NARROW NO-BREAK SPACE}000+ not handled"
    spoken = [title.replace("\N{NARROW NO-BREAK SPACE}", " ") for title in titles()]
    assert "10 000+ of 10 000+ runs failed in the last 15 min" in spoken


def test_what_ends_in_a_minute_is_no_link_for_no_list_holds_just_that(viewer):
    now = timezone.now()
    for status in (Task.FAILED, Task.CANCELLED, Task.COMPLETED):
        a_task(status, finished=now.replace(second=0, microsecond=0) - timedelta(seconds=30))
    shown_tile = health.throughput(snapshot.picture(now))
    assert (shown_tile.value, shown_tile.query) == ("3", "")
    html = page(viewer)
    start = html.rindex("<", 0, html.index('id="tile-throughput"'))
    assert "href" not in html[start : html.index(">", start)]


def test_run_times_open_the_runs_of_their_hour_and_say_when_they_are_of_the_latest(viewer, monkeypatch):
    for minutes in (5, 90):
        ended = timezone.now() - timedelta(minutes=minutes)
        a_task(Task.COMPLETED, started=ended - timedelta(seconds=1), finished=ended)
    assert len(shown(page(viewer, tile("run-time").query))) == 1
    assert "latest" not in tile("run-time").note
    monkeypatch.setattr(snapshot, "SAMPLE", 1)
    monkeypatch.setattr(health, "SAMPLE", 1)
    assert tile("run-time").note.endswith(" · latest 1 run")


def test_how_a_task_fails_opens_those_failures_and_more_where_only_the_latest_were_counted(viewer, monkeypatch):
    for fingerprint in (OPEN, OPEN, ""):
        a_task(Task.FAILED, task=CHARGE, fingerprint=fingerprint)
    a_task(Task.FAILED, task=SEND, fingerprint=OPEN)
    kinds = named.named_task(CHARGE, "24h", timezone.now()).groups
    assert [(kind.count, len(shown(page(viewer, kind.query)))) for kind in kinds] == [(2, 2), (1, 1)]
    assert number_beside(viewer, kinds[0].query) == "2"
    monkeypatch.setattr(named, "SAMPLE", 3)
    assert number_beside(viewer, kinds[0].query) == "2+"


def number_beside(viewer, query):
    link = viewer.get(f"/tasks/named/{CHARGE}/").content.decode().split(f'?{query.replace("&", "&amp;")}">')[1]
    return link.split("</a>")[0].strip()


def test_a_queue_grows_also_where_more_wait_in_another():
    a_worker(slots=1)
    Task.objects.bulk_create([Task(task=SEND, queue="mail") for _ in range(120)])
    Task.objects.bulk_create([Task(task=SEND, queue="still") for _ in range(150)])
    Task.objects.filter(queue="still").update(created=timezone.now() - timedelta(hours=1))
    assert "The queue mail grows: 24 in, 0 out a minute" in titles()


@pytest.mark.parametrize("state", [Worker.State.PAUSED, Worker.State.DRAINING])
def test_slots_of_workers_that_take_nothing_are_not_free(state):
    works, stands = a_worker(pid=1, slots=2), a_worker(pid=2, slots=4, state=state)
    for holder in (works, works, stands):
        a_task(Task.PROGRESS, worker=holder.pk)
    a_task(age=600)
    assert tile("progress").note == "of 6 slots"
    [sentence] = attention.attention(snapshot.take())
    assert sentence.detail == "All slots are busy."
    Task.objects.filter(worker=works.pk).first().delete()
    assert tile("progress").note == "of 6 slots, 1 free"
