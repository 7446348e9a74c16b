"""Pause, resume and drain from the workers page: who may, what is asked, what is done, and the banner on every page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.models import OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.control import drain_worker, pause_queue, pause_worker
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, row_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WHY = {"reason": "Provider is down"}


@pytest.fixture
def chief(client):
    return signed_in(client, operator("chief", "view_task", "change_worker"))


def shown(client):
    """What the button carries that resumes the queue mail."""
    fields = dict(re.findall(r'name="(queue|seen)" value="([^"]*)"', client.get("/workers/").content.decode()))
    assert fields["queue"] == "mail"
    return fields


def verb(worker, name):
    return f"/workers/{worker.pk}/{name}/"


def state(worker):
    return Worker.objects.values_list("state", "state_by", "state_reason").get(pk=worker.pk)


@pytest.mark.parametrize(("name", "after"), [("pause", "paused"), ("drain", "draining")])
def test_a_worker_is_asked_about_first_and_then_moved(chief, name, after):
    worker = a_worker()
    page = chief.get(verb(worker, name))
    assert b"web-1:2117?" in page.content
    assert state(worker)[0] == "running"
    response = chief.post(verb(worker, name), WHY, follow=True)
    assert state(worker) == (after, "chief", "Provider is down")
    html = response.content.decode()
    assert response.redirect_chain == [("/workers/", 302)]
    assert "asked by chief" in html
    assert "“Provider is down”" in html
    assert OperatorAction.objects.get().actor == "chief"


def test_a_paused_worker_is_resumed_by_a_button(chief):
    worker = a_worker()
    pause_worker(worker.pk, "hot", "omar")
    html = chief.get("/workers/").content.decode()
    assert f'action="{verb(worker, "resume")}"' in html
    assert f'href="{verb(worker, "pause")}"' not in html
    chief.post(verb(worker, "resume"))
    assert state(worker)[0] == "running"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_without_a_fitting_reason_nothing_is_done_and_what_was_typed_stays(chief, reason):
    worker = a_worker()
    response = chief.post(verb(worker, "pause"), {"reason": reason})
    assert b"field-error" in response.content
    assert reason.strip().encode() in response.content
    assert state(worker)[0] == "running"
    assert not OperatorAction.objects.exists()


def test_whoever_comes_second_is_told(chief):
    worker = a_worker()
    drain_worker(worker.pk, "deploy", "omar")
    response = chief.post(verb(worker, "pause"), WHY, follow=True)
    assert b"web-1:2117 is draining by omar. Nothing done." in response.content


def test_a_worker_that_is_gone_is_a_page_in_words(chief):
    worker = a_worker()
    Worker.objects.all().delete()
    assert b"There is no worker" in chief.get(verb(worker, "pause")).content


def test_a_fragment_is_asked_in_the_dialog(chief):
    response = chief.get(verb(a_worker(), "drain"), headers=HTMX)
    assert response["HX-Retarget"] == "#dialog"
    assert b"<html" not in response.content


def test_a_queue_is_paused_for_an_hour_and_resumed(chief):
    chief.post("/workers/queues/pause/?queue=mail", {**WHY, "lasting": "60"})
    pause = QueuePause.objects.get()
    assert (pause.queue, pause.paused_by, pause.reason) == ("mail", "chief", "Provider is down")
    assert timedelta(minutes=59) < pause.until - timezone.now() <= timedelta(minutes=60)
    assert b"Resumed queue mail." in chief.post("/workers/queues/resume/", shown(chief), follow=True).content
    assert not QueuePause.objects.exists()
    assert b"Queue mail is not paused" in chief.post("/workers/queues/resume/", {"queue": "mail"}, follow=True).content


def test_a_queue_that_is_not_listed_is_named_in_the_form(chief):
    a_task(queue="media")
    assert b'name="queue"' in chief.get("/workers/queues/pause/").content
    chief.post("/workers/queues/pause/", {**WHY, "queue": "media"})
    assert QueuePause.objects.get().queue == "media"
    assert b"field-error" in chief.post("/workers/queues/pause/", WHY).content


def test_the_queue_that_was_typed_is_named(chief):
    a_worker(queues="media")
    response = chief.post("/workers/queues/pause/", {"queue": "media", "reason": "Maintenance"}, follow=True)
    assert b"Paused queue media." in response.content


def test_a_queue_called_everything_is_not_paused_without_the_question_for_everything(chief):
    assert b"use Pause all" in chief.post("/workers/queues/pause/", {**WHY, "queue": "*"}).content
    assert not QueuePause.objects.exists()


def test_pausing_everything_asks_for_the_name_of_the_place(chief):
    address = "/workers/queues/pause/?queue=*"
    wrong = chief.post(address, {**WHY, "place": "staging"})
    assert b"field-error" in wrong.content
    assert not QueuePause.objects.exists()
    chief.post(address, {**WHY, "place": "testserver"})
    assert QueuePause.objects.get().queue == QueuePause.ALL
    html = chief.get("/").content
    assert b"All queues are paused" in html
    assert b"until somebody resumes them" in html
    assert b"takes a task from it" not in html


@pytest.mark.parametrize("path", ["/workers/{}/pause/", "/workers/{}/drain/", "/workers/{}/resume/"])
def test_the_verbs_need_their_permission(client, path):
    worker = a_worker()
    signed_in(client, operator("eva", "view_task", "cancel_task", "requeue_task"))
    response = client.post(path.format(worker.pk), WHY)
    assert response.status_code == 403
    assert b"change_worker" in response.content
    assert state(worker)[0] == "running"
    html = client.get("/workers/").content.decode()
    assert "/pause/" not in html
    assert "/drain/" not in html


def test_queues_need_the_permission_too(client):
    signed_in(client, operator("eva", "view_task"))
    pause_queue("mail", "why", "omar")
    assert client.post("/workers/queues/pause/?queue=media", WHY).status_code == 403
    assert client.post("/workers/queues/resume/", {"queue": "mail"}).status_code == 403
    assert b"/workers/queues/resume/" not in client.get("/").content
    assert QueuePause.objects.get().queue == "mail"


@pytest.mark.parametrize("path", ["/", "/workers/", "/enqueue/", "/activity/", "/tasks/{}/"])
def test_a_paused_queue_is_told_on_every_page_and_in_its_next_update(client, path):
    client = signed_in(client, operator("ada", superuser=True))
    url = path.format(a_task(Task.COMPLETED).pk)
    before = client.get(url, {"live": 1})
    pause_queue("mail", "Provider <b>is</b> down", "omar", until=timedelta(hours=1))
    html = client.get(url).content.decode()
    assert "The queue mail is paused by omar" in html
    assert "Provider &lt;b&gt;is&lt;/b&gt; down" in html
    if tag := before.headers.get("HX-PTag"):
        update = client.get(url, {"live": 1}, headers={"HX-PTag": tag})
        assert b"The queue mail is paused by omar" in update.content
        QueuePause.objects.update(until=timezone.now() - timedelta(seconds=1))
        after = client.get(url, {"live": 1}, headers={"HX-PTag": update["HX-PTag"]})
        assert after.status_code == 200
        assert b"is paused by" not in after.content


def line_of(html, queue):
    start = html.index(f">{queue}</a>")
    return html[start : html.index("</tr>", start)]


def test_each_queue_says_what_waits_how_fast_it_moves_and_who_serves_it(chief):
    a_worker(queues="default,mail")
    for _ in range(10):
        a_task(queue="mail")
    a_task(Task.COMPLETED, queue="mail")
    a_task(queue="media")
    a_task(queue="later", due=False, run_after=timezone.now() + timedelta(hours=1))
    pause_queue("mail")
    html = chief.get("/workers/").content.decode()
    mail = line_of(html, "mail")
    assert ">10</a>" in mail
    assert "paused" in mail
    assert "web-1:2117" in mail
    assert '"in">2.2<' in mail
    assert '"out">0.2<' in mail
    assert "no worker serves queue media" in line_of(html, "media")
    assert ">later</a>" not in html


def test_a_draining_worker_takes_from_no_queue(chief):
    worker = a_worker()
    drain_worker(worker.pk)
    assert "its only worker, web-1:2117, is draining" in line_of(chief.get("/workers/").content.decode(), "default")


def test_a_lost_worker_links_to_the_tasks_that_failed_by_it(chief):
    finder, ended = a_worker(), timezone.now() - timedelta(minutes=3)
    lost = a_worker(host="web-6", state="lost", ended=ended, lost_by=finder.pk, alive=False)
    task = a_task(Task.FAILED, worker=lost.pk, finished=ended + timedelta(seconds=1))
    a_task(Task.FAILED, worker=lost.pk, finished=ended - timedelta(minutes=9))
    html = chief.get("/workers/").content.decode()
    start = html.index("/?status=failed&amp;worker=")
    link = html[start : html.index('"', start)].replace("&amp;", "&")
    listed = chief.get(link).content.decode()
    assert listed.count('<tr role="row" id="t-') == 1
    assert row_of(listed, task)
