"""The page of one task: what it shows of each state, to whom, and at what cost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from django_simple_queue.failure import from_exception
from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, QueuePause, Task
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in
from tests.dashboard.task_page import SECRET, failed_task, live_worker, make_task, page, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("charge_allowed")]
PAYLOAD = "django_simple_queue.view_task_payload"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</pre></textarea></title><svg onload=alert(1)>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "\x1b[31mred\x1b[0m\x1b]0;t\x07",
    "\u202egnp.exe\u2066",
    "nul\x00led",
    "javascript:alert(1)",
    "x" * 1_000_000,
]


def test_the_title_says_nothing_that_a_live_update_would_not_mend(chief):
    title = text_of(chief, failed_task()).partition("<title>")[2].partition("</title>")[0]
    assert "charge" in title
    assert "failed" not in title


def test_a_failed_task_shows_its_error_first_and_no_secret(chief):
    html = text_of(chief, failed_task(log=f"using {SECRET}", output=f"token={SECRET}"))
    assert html.index('id="error"') < html.index('id="timeline"') < html.index('id="arguments"')
    assert "shop.Boom" in html or "Boom(" in html
    assert SECRET not in html
    assert "Ada" in html


def test_own_frames_are_shown_and_library_frames_folded(chief):
    try:
        json.loads("{")
    except ValueError as error:
        failure = from_exception(error)
    html = text_of(chief, failed_task(error=failure.error, error_class=failure.error_class, frames=failure.frames))
    assert "test_task_page.py" in html
    assert "json.loads(&quot;{&quot;)" in html
    assert "library frame" in html
    assert "Full trace" in html


@pytest.mark.parametrize("frames", ["{", "[1]", '[{"file": 1}]', '[{"own": true, "file": "x", "line": "y"}]', "null"])
def test_frames_that_cannot_be_read_leave_the_trace(chief, frames):
    html = text_of(chief, failed_task(frames=frames, error="Boom\n\nTraceback\n  here"))
    assert "Traceback" in html


def test_without_the_payload_permission_nothing_of_it_is_on_the_page(client):
    signed_in(client, operator("one", "view_task"))
    marks = {name: f"mark-of-{name}" for name in ("output", "error", "log")}
    task = failed_task(args=json.dumps({"a": "mark-of-args"}), **marks, progress_message="mark-of-progress")
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="failed", error="mark-of-attempt")
    html = text_of(client, task)
    assert "mark-of" not in html
    assert "view_task_payload" in html
    assert "shop.Boom" in html


def test_what_earlier_attempts_said_stays_readable_and_redacted(chief):
    task = make_task(status=Task.COMPLETED, epoch=2, attempt=2, finished=timezone.now())
    said = f"Refused: {SECRET} is not welcome\n\nTraceback of the first"
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="failed", error=said)
    html = text_of(chief, task)
    assert "is not welcome</code>" in html
    assert SECRET not in html
    assert "Traceback of the first</pre>" in html


@pytest.mark.parametrize("name", ["args", "output", "error", "log"])
def test_texts_are_downloads_of_plain_text_without_secrets(chief, name):
    task = failed_task(output=f"{SECRET} <b>", log=SECRET)
    response = chief.get(reverse("simple_queue_dashboard:task_text", args=[task.pk, name]))
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert SECRET not in response.content.decode()


def test_downloads_need_the_payload_permission(client):
    signed_in(client, operator("one", "view_task"))
    response = client.get(reverse("simple_queue_dashboard:task_text", args=[failed_task().pk, "error"]))
    assert response.status_code == 403
    assert PAYLOAD in response.content.decode()


@pytest.mark.parametrize("name", ["frames", "idempotency_key", "__class__", "pk"])
def test_nothing_but_the_four_texts_can_be_downloaded(chief, name):
    assert chief.get(f"/tasks/{failed_task().pk}/text/{name}/").status_code == 404


def test_an_unknown_id_is_a_page_in_words(chief):
    response = chief.get("/tasks/00000000-0000-0000-0000-000000000000/")
    assert response.status_code == 404
    assert "There is no task" in response.content.decode()


def test_a_big_text_shows_its_two_ends(chief):
    html = text_of(chief, failed_task(log="first line\n" + "y" * 200_000 + "\nlast line"))
    assert "first line" in html
    assert "last line" in html
    assert "are not shown" in html
    assert len(html) < 200_000


def test_a_secret_across_the_edge_of_a_window_is_masked(chief):
    for offset in range(0, len(SECRET), 3):
        html = text_of(chief, failed_task(log="z" * (24_000 - offset) + SECRET + "z" * 60_000))
        assert SECRET[:6] not in html


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda value: repr(value)[:24])
def test_hostile_text_in_every_field_is_inert(chief, payload):
    stored = payload.replace("\x00", "\ufffd")
    short = stored[:60]
    task = failed_task(
        task=f"a.{short}",
        queue=short,
        args=json.dumps({short: stored, "token": stored[:80]}),
        output=stored,
        error=stored,
        log=stored,
        error_class=short,
        release=short,
        created_by=short,
        idempotency_key=short,
        progress_message=short,
        frames=json.dumps([{"file": short, "line": 1, "function": short, "source": [short, stored, ""], "own": True}]),
    )
    action = OperatorAction.objects.create(actor=short, verb="requeue", scope=short, reason=short, outcomes={"done": 1})
    OperatorActionItem.objects.create(action=action, task=task.pk, previous_status=3)
    html = text_of(chief, task)
    for live in ("<script>alert", "<img src=x", "<svg onload", "\x1b", "\u202e", "\u2066", "\x07"):
        assert live not in html
    assert len(html) < 400_000


def test_arguments_that_are_not_json_are_withheld(chief):
    html = text_of(chief, failed_task(args='{"token": "leaky'))
    assert "leaky" not in html
    assert "not valid JSON" in html


def test_the_timeline_knows_rounds_attempts_and_backoffs(chief):
    now = timezone.now()
    task = failed_task(attempt=2, max_attempts=2, epoch=4, finished=now - timedelta(seconds=5))
    Task.objects.filter(pk=task.pk).update(created=now - timedelta(seconds=120))
    for epoch, start in enumerate((110, 90, 40, 20), 1):
        Attempt.objects.create(
            task=task,
            epoch=epoch,
            round=1 + epoch // 3,
            attempt=2 - epoch % 2,
            outcome="failed",
            started=now - timedelta(seconds=start),
            finished=now - timedelta(seconds=start - 15),
        )
    action = OperatorAction.objects.create(actor="Omar", verb="requeue", reason="is it back?", outcomes={"done": 3})
    OperatorAction.objects.filter(pk=action.pk).update(created=now - timedelta(seconds=45))
    OperatorActionItem.objects.create(action=action, task=task.pk, previous_status=3)
    html = text_of(chief, task)
    assert "waited 10.0 s, then attempt 1 failed 15.0 s, then backoff 5.0 s, then attempt 2 failed 15.0 s" in html
    assert "then until requeued 30.0 s, then waited 5.0 s, then attempt 1 failed 15.0 s" in html
    assert "Omar" in html
    assert "is it back?" in html


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda: None, "No worker is alive"),
        (lambda: live_worker(queues="mail, media"), "No worker serves the queue default"),
        (
            lambda: live_worker(state="paused"),
            "No worker takes tasks of the queue default: its only worker, web-1:42, is paused",
        ),
        (
            lambda: (live_worker(), QueuePause.objects.create(queue="default", reason="fire", paused_by="Omar")),
            "by Omar: fire",
        ),
        (lambda: live_worker(), "It is next in the queue default"),
        (
            lambda: (live_worker(), make_task(priority=5), make_task(priority=6)),
            "It is number 3 of 3 in the queue default",
        ),
    ],
)
@pytest.mark.ability(5)
def test_it_says_why_a_task_is_not_running(chief, prepare, words):
    prepare()
    assert words in text_of(chief, make_task())


@pytest.mark.ability(5)
def test_it_says_what_a_task_waits_for(chief):
    live_worker()
    assert "It waits for its time" in text_of(chief, make_task(run_after=timezone.now() + timedelta(hours=2)))
    retry = make_task(attempt=1, max_attempts=3, run_after=timezone.now() + timedelta(hours=2))
    assert "Attempt 1 of 3 failed" in text_of(chief, retry)
    assert "not in the allowlist" in text_of(chief, make_task(task="os.system"))


def test_a_poll_of_a_page_that_did_not_change_is_a_304(chief):
    task = failed_task()
    first = page(chief, task, live=1)
    again = chief.get(first.request["PATH_INFO"], {"live": 1}, headers={"HX-PTag": first["HX-PTag"]})
    assert again.status_code == 304
    Task.objects.filter(pk=task.pk).requeue()
    changed = chief.get(first.request["PATH_INFO"], {"live": 1}, headers={"HX-PTag": first["HX-PTag"]})
    assert changed.status_code == 200
    assert b"<html" not in changed.content


@pytest.mark.parametrize("status", [Task.QUEUED, Task.PROGRESS, Task.COMPLETED, Task.FAILED])
def test_a_page_takes_few_queries(client, status):
    signed_in(client, operator("one", "view_task", "view_task_payload", "requeue_task", "view_operatoraction"))
    worker = live_worker()
    task = make_task(status=status, worker=worker.pk, fingerprint="f", started=timezone.now(), finished=timezone.now())
    for epoch in range(1, 4):
        Attempt.objects.create(task=task, epoch=epoch, attempt=epoch, outcome="failed", started=timezone.now())
    with few_statements():
        page(client, task)
