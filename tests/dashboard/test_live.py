"""The live region: one fragment a poll, 304 while nothing changed, and an operator's own click at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard import tags
from dashboard.selectors import live, memory, snapshot
from django_simple_queue.models import OperatorAction, Task, Worker
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, later, row_of, shown

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def poll(client, tag="", query=""):
    snapshot.memory.forget()
    return client.get(f"/?live=1&{query}", headers={**HTMX, **({"HX-PTag": tag} if tag else {})})


def test_a_poll_is_the_live_region_and_nothing_around_it(viewer):
    a_task()
    whole, fragment = viewer.get("/").content.decode(), poll(viewer).content.decode()
    assert "<html" in whole
    assert 'id="live"' in whole
    assert "<html" not in fragment
    assert 'id="live"' not in fragment
    assert shown(whole) == shown(fragment)


def test_a_poll_leaves_the_filter_form_of_the_page_alone(viewer):
    a_task()
    whole, fragment = viewer.get("/?queue=mail").content.decode(), poll(viewer, query="queue=mail").content.decode()
    assert re.search(r'<form [^>]*id="filters"[^>]* hx-morph-skip>', whole)
    assert 'name="queue"' in whole
    assert '<form id="filters" hx-morph-skip></form>' in fragment
    assert 'name="queue"' not in fragment


def test_the_page_polls_itself_with_its_filters_by_its_own_tick(viewer):
    a_task(Task.FAILED)
    region = re.search(r'<div [^>]*id="live"[^>]*>', viewer.get("/?status=failed").content.decode())[0]
    assert 'hx-get="/?status=failed&amp;live=1&amp;top=' in region
    assert 'hx-trigger="live:tick"' in region
    assert 'hx-swap="innerMorph"' in region


@pytest.mark.ability(9)
def test_an_unchanged_poll_is_304_without_a_body(viewer):
    a_task()
    tag = poll(viewer)["HX-PTag"]
    again = poll(viewer, tag)
    assert (again.status_code, again.content) == (304, b"")


CHANGES = {
    "a new task": lambda: a_task(age=0),
    "an ending": lambda: Task.objects.filter(status=1).update(status=2, finished=timezone.now()),
    "progress": lambda: Task.objects.filter(status=1).update(progress=50),
    "a start": lambda: Task.objects.filter(status=0).update(status=1, epoch=9),
    "a request to stop": lambda: Task.objects.filter(status=1).update(cancel_requested=timezone.now()),
    "a dead worker": lambda: Worker.objects.update(lease_until=timezone.now() - timedelta(seconds=1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_that_shows_changes_the_tag(viewer, still, change):
    worker = a_worker()
    a_task()
    a_task(Task.PROGRESS, worker=worker.pk)
    tag = poll(viewer)["HX-PTag"]
    assert poll(viewer, tag).status_code == 304
    CHANGES[change]()
    assert poll(viewer, tag).status_code == 200


def test_ages_are_told_anew_although_nothing_changed(viewer, monkeypatch):
    a_task()
    tag = poll(viewer)["HX-PTag"]
    monkeypatch.setattr(tags, "clock", lambda: 1000.0 + live.BUSY_SECONDS)
    assert poll(viewer, tag).status_code == 200


def test_the_tag_belongs_to_the_page_and_to_the_operator(viewer):
    a_task()
    tag = poll(viewer)["HX-PTag"]
    assert poll(viewer, tag, "status=failed").status_code == 200
    other = signed_in(viewer, operator("eva", "view_task"))
    assert poll(other, tag).status_code == 200


def test_a_taken_permission_shows_at_once(client):
    eva = operator("eva", "view_task", "requeue_task")
    a_task(Task.FAILED)
    tag = poll(signed_in(client, eva))["HX-PTag"]
    eva.user_permissions.remove(*eva.user_permissions.filter(codename="requeue_task"))
    assert poll(client, tag).status_code == 200


def test_the_gate_comes_before_any_304(client):
    a_task()
    tag = poll(signed_in(client, operator("ada", "view_task")))["HX-PTag"]
    client.logout()
    response = poll(client, tag)
    assert (response.status_code, response.content) == (200, b"")
    assert response["HX-Redirect"].startswith("/login/")


def test_a_click_shows_at_once_although_the_snapshot_is_old(viewer):
    task = a_task(Task.FAILED)
    tag = poll(viewer)["HX-PTag"]
    viewer.post(f"/tasks/{task.pk}/requeue/")
    response = viewer.get("/?live=1", headers={**HTMX, "HX-PTag": tag})
    assert response.status_code == 200
    assert "Requeued by you" in row_of(response.content.decode(), task)


def test_the_numbers_follow_a_click_although_the_snapshot_lasts(viewer, monkeypatch):
    monkeypatch.setattr(snapshot.memory, "lasts", lambda cost: 60.0)
    monkeypatch.setattr(snapshot.memory, "at_least", lambda cost: 0.0)
    task = a_task(Task.FAILED)
    assert failed(viewer) == "1"
    viewer.post(f"/tasks/{task.pk}/requeue/")
    assert failed(viewer) == "0"
    viewer.post(f"/tasks/{task.pk}/undo/", {"of": OperatorAction.objects.get().pk})
    assert failed(viewer) == "1"


def failed(client):
    """The number in the tab Failed."""
    found = re.search(r'id="tab-failed".*?<span class="n">(\d+)</span>', client.get("/").content.decode(), re.DOTALL)
    return found[1]


def test_a_message_that_waits_is_worth_an_answer(viewer):
    task = a_task(Task.COMPLETED)
    response = viewer.post(f"/tasks/{task.pk}/requeue/", {"next": "/"}, headers=HTMX)
    assert response["Location"] == "/?live=1"
    tag = poll(signed_in(viewer, operator("eva", "view_task")))["HX-PTag"]
    assert poll(viewer, tag).status_code == 304


def test_results_land_outside_the_live_region(viewer):
    task = a_task(Task.FAILED)
    response = viewer.post(f"/tasks/{task.pk}/requeue/", {"next": "/"}, headers=HTMX, follow=True)
    assert '<div id="outcome" hx-swap-oob="innerHTML">' in response.content.decode()
    whole = viewer.get("/").content.decode()
    assert whole.index('id="outcome" role="status"') > whole.index("</main>")


@pytest.mark.ability(8)
def test_new_rows_wait_behind_a_link(viewer):
    first = a_task(age=100)
    region = re.search(r'id="live" hx-get="([^"]*)"', viewer.get("/").content.decode())[1].replace("&amp;", "&")
    a_task(age=5)
    a_task(age=4)
    snapshot.memory.forget()
    html = viewer.get(region, headers=HTMX).content.decode()
    assert shown(html) == [str(first.pk)]
    assert re.search(r'id="new" href="/">.*2 new\s+tasks', html, re.DOTALL)


def test_a_row_already_shown_changes_in_place(viewer):
    task = a_task(age=100)
    region = re.search(r'id="live" hx-get="([^"]*)"', viewer.get("/").content.decode())[1].replace("&amp;", "&")
    Task.objects.update(status=2, finished=timezone.now())
    html = viewer.get(region, headers=HTMX).content.decode()
    assert "Completed" in row_of(html, task)
    assert 'id="new"' not in html


@pytest.mark.parametrize(
    ("tab", "status", "verb"),
    [("failed", Task.FAILED, "requeue"), ("cancelled", Task.CANCELLED, "requeue"), ("queued", Task.QUEUED, "cancel")],
)
def test_a_row_that_was_acted_on_stays_where_it_was(viewer, tab, status, verb):
    tasks = [a_task(status, age=age, **ended(status, age)) for age in (10, 20, 30)]
    before = shown(viewer.get(f"/?status={tab}").content.decode())
    viewer.post(f"/tasks/{tasks[1].pk}/{verb}/")
    html = poll(viewer, query=f"status={tab}").content.decode()
    assert shown(html) == before
    assert "is-acted" in row_of(html, tasks[1])


def ended(status, age):
    return {"finished": timezone.now() - timedelta(seconds=age)} if status > Task.PROGRESS else {}


def test_a_row_stays_on_its_own_page_and_on_no_other(viewer):
    tasks = [a_task(Task.FAILED, age=age, **ended(Task.FAILED, age)) for age in range(1, 41)]
    first = viewer.get("/?status=failed").content.decode()
    older = re.search(r'href="/\?([^"]*older=[^"]*)"', first)[1].replace("&amp;", "&")
    acted = tasks[30]
    viewer.post(f"/tasks/{acted.pk}/requeue/")
    assert str(acted.pk) in shown(poll(viewer, query=older).content.decode())
    assert str(acted.pk) not in shown(poll(viewer, query="status=failed").content.decode())


def test_of_an_action_over_more_than_a_page_nothing_stays(viewer):
    tasks = [a_task(Task.FAILED, **ended(Task.FAILED, 10)) for _ in range(27)]
    rest = tasks.pop()
    viewer.post("/tasks/requeue/", {"ids": [str(task.pk) for task in tasks]})
    assert not Task.objects.filter(pk__in=[task.pk for task in tasks], status=Task.FAILED).exists()
    assert shown(poll(viewer, query="status=failed").content.decode()) == [str(rest.pk)]


def test_a_requeued_row_stays_even_when_it_runs_again(viewer):
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    task.attempts.create(epoch=1, attempt=1, outcome="failed", finished=task.finished)
    viewer.post(f"/tasks/{task.pk}/requeue/")
    running = {"status": 1, "epoch": 2, "finished": None, "worker": a_worker().pk, "started": timezone.now()}
    Task.objects.filter(pk=task.pk).update(**running)
    html = poll(viewer, query="status=failed").content.decode()
    assert set(shown(html)) == {str(task.pk), str(other.pk)}
    assert "In progress" in row_of(html, task)


def test_a_scheduled_row_that_was_cancelled_stays_in_its_tab_only(viewer):
    task = a_task(**later(3600))
    viewer.post(f"/tasks/{task.pk}/cancel/")
    assert shown(poll(viewer, query="status=scheduled").content.decode()) == [str(task.pk)]
    assert shown(poll(viewer, query="status=queued").content.decode()) == []


@pytest.mark.ability(9)
def test_a_picture_serves_every_page_for_a_second(viewer, monkeypatch):
    taken = []
    take = snapshot.take
    monkeypatch.setattr(snapshot, "take", lambda: taken.append(1) or take())
    monkeypatch.setattr(memory, "LASTS_SECONDS", 60)
    for _ in range(5):
        viewer.get("/?live=1")
    assert len(taken) == 1


@pytest.mark.parametrize(("ended", "is_news"), [(20, True), (90, False)])
def test_ages_on_the_page_of_a_task_that_has_just_ended_go_on(viewer, monkeypatch, ended, is_news):
    task = a_task(Task.COMPLETED, finished=timezone.now() - timedelta(seconds=ended))
    address = f"/tasks/{task.pk}/?live=1"
    tag = viewer.get(address)["HX-PTag"]
    monkeypatch.setattr(tags, "clock", lambda: 1005.0)
    assert (viewer.get(address)["HX-PTag"] != tag) is is_news
