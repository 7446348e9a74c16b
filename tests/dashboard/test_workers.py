"""The workers page: who lives, who is gone, and what runs where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.selectors import snapshot, workers
from django_simple_queue.models import QueuePause, Task, Worker
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
URL = "/workers/"


@pytest.fixture
def viewer(client):
    return signed_in(client, operator("viewer", "view_task"))


def worker(host, **columns):
    now = timezone.now()
    defaults = {"pid": 7, "lease_until": now + timedelta(minutes=1), "slots": 2, "version": "1.0.0", "rss": 50 * 2**20}
    return Worker.objects.create(host=host, **defaults | columns)


def running(by, **columns):
    state = {"task": "shop.tasks.pack", "status": Task.PROGRESS, "worker": by.pk, "started": timezone.now()}
    return Task.objects.create(**state | columns)


def text_of(client):
    response = client.get(URL)
    assert response.status_code == 200
    return response.content.decode()


def row_of(html, row):
    start = html.index(f'id="worker-{row.pk}"')
    return html[start : html.index("</tr>", start)]


def test_without_workers_it_says_how_to_start_one(viewer):
    html = text_of(viewer)
    assert "No worker is alive" in html
    assert "python manage.py task_worker" in html


def test_the_name_of_a_worker_leads_to_its_tasks(viewer):
    one = worker("web-1")
    assert f'href="/?worker={one.pk}"' in row_of(text_of(viewer), one)


def test_tasks_handed_out_ahead_take_no_slot(viewer):
    one = worker("web-1")
    for _ in range(5):
        running(one)
    html = text_of(viewer)
    assert '<span class="kpi-value">2<small>of 2</small>' in html
    assert "all busy, 3 handed out ahead" in html
    assert "2 of 2 slots used" in row_of(html, one)
    assert "3 ahead" in row_of(html, one)


def test_of_more_tasks_than_are_looked_at_no_slot_is_said_to_be_free(viewer, monkeypatch):
    monkeypatch.setattr(workers, "MOST_JOBS", 2)
    full, other = worker("web-1"), worker("web-2", slots=8)
    for _ in range(2):
        running(full)
    running(other)
    html = text_of(viewer)
    assert '<span class="kpi-value">2+<small>of 10</small>' in html
    assert "too many run to count the free ones" in html
    assert "at least 0 of 8 slots used" in row_of(html, other)
    assert "</span>0+/8" in row_of(html, other)
    assert "</span>2/2" in row_of(html, full)


def test_a_live_worker_shows_what_it_runs(viewer):
    one = worker("web-1", queues="mail,default", release="r7")
    task = running(one)
    row = row_of(text_of(viewer), one)
    assert "Running" in row
    assert f"/tasks/{task.pk}/" in row
    assert "1 of 2 slots used" in row
    for words in ("mail, default", "50 MB", "r7", "1.0.0"):
        assert words in row


@pytest.mark.parametrize(("state", "word"), [("draining", "Draining"), ("paused", "Paused"), ("running", "Running")])
def test_each_state_of_a_live_worker_has_a_word(viewer, state, word):
    one = worker("web-1", state=state)
    assert word in row_of(text_of(viewer), one)


def test_a_worker_whose_lease_ended_is_silent_until_it_is_found(viewer):
    one = worker("web-1", lease_until=timezone.now() - timedelta(seconds=9))
    html = text_of(viewer)
    assert "Silent" in row_of(html, one)
    assert "has not answered since" in html
    assert "No worker is alive" in html


def test_a_lost_worker_is_explained_with_its_tasks(viewer):
    finder, ended = worker("web-1"), timezone.now() - timedelta(minutes=3)
    lost = worker("web-6", state="lost", ended=ended, lost_by=finder.pk, lease_until=ended)
    settled = running(lost, status=Task.FAILED, finished=ended + timedelta(seconds=1))
    earlier = running(lost, status=Task.FAILED, finished=ended - timedelta(minutes=1))
    html = text_of(viewer)
    assert "web-6:7 was lost at" in html
    assert "web-1:7 found it" in html
    assert "settled 1 task that it ran" in html
    assert f"/tasks/{settled.pk}/" in html
    assert f"/tasks/{earlier.pk}/" not in html


def test_old_boots_are_not_shown(viewer):
    now = timezone.now()
    worker("stopped-long-ago", state="stopped", ended=now - timedelta(hours=2))
    worker("lost-long-ago", state="lost", ended=now - timedelta(days=2))
    worker("stopped-just-now", state="stopped", ended=now - timedelta(minutes=2))
    html = text_of(viewer)
    assert "long-ago" not in html
    assert "stopped-just-now" in html


def test_a_worker_of_another_release_stands_out(viewer):
    now = timezone.now()
    old = worker("web-1", release="r1", started=now - timedelta(hours=9))
    worker("web-2", release="r2", started=now)
    html = text_of(viewer)
    assert "1 worker behind" in html
    assert "is-warn" in row_of(html, old)


def test_a_paused_queue_is_told_with_its_reason(viewer):
    QueuePause.objects.create(queue="mail", reason="provider is down", paused_by="Omar")
    QueuePause.objects.create(queue="over", reason="past", until=timezone.now() - timedelta(hours=1))
    html = text_of(viewer)
    assert "The queue mail is paused by Omar" in html
    assert "provider is down" in html
    assert "The queue over" not in html


def test_hostile_names_are_inert(viewer):
    hostile = "<b onclick=alert(1)>\u202e"
    one = worker(hostile, queues=hostile, release=hostile[:50], version=hostile[:20])
    running(one, task=f"a.{hostile}")
    html = text_of(viewer)
    assert "<b onclick" not in html
    assert "\u202e" not in html


def test_an_unchanged_fleet_answers_a_poll_with_304(viewer):
    worker("web-1")
    first = viewer.get(URL, {"live": 1})
    assert viewer.get(URL, {"live": 1}, headers={"HX-PTag": first["HX-PTag"]}).status_code == 304
    Worker.objects.update(heartbeat=timezone.now() + timedelta(seconds=1))
    assert viewer.get(URL, {"live": 1}, headers={"HX-PTag": first["HX-PTag"]}).status_code == 200


def test_a_big_fleet_takes_few_queries(viewer):
    for number in range(30):
        one = worker(f"web-{number}")
        running(one)
        running(one)
    with few_statements():
        assert viewer.get(URL).status_code == 200


def test_a_worker_that_restarts_all_the_time_hides_no_other(viewer, monkeypatch):
    monkeypatch.setattr("dashboard.selectors.fleet.WORKERS", 3)
    monkeypatch.setattr(workers, "MOST_WORKERS", 3)
    now = timezone.now()
    stable = worker("web-1", started=now - timedelta(days=2))
    for _ in range(5):
        gone = {"state": Worker.State.LOST, "ended": now, "lease_until": now - timedelta(minutes=1)}
        worker("web-2", started=now, **gone)
    snapshot.memory.forget()
    assert [each.pk for each in snapshot.current().fleet.live] == [stable.pk]
    assert f'id="worker-{stable.pk}"' in text_of(viewer)


def test_a_run_that_has_no_worker_is_counted_as_none(client, viewer):
    here = worker("web-1", slots=0)
    job = running(here)
    assert "web-1" not in text_of(client)
    assert not workers.crew(timezone.now()).members
    fleet = snapshot.picture(timezone.now()).fleet
    assert (fleet.size, fleet.live, fleet.has_lost(here.pk, job.modified)) == (0, [], False)
