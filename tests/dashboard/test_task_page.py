"""The page of one task: what it shows of each state, to whom, and at what cost."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from django_simple_queue.failure import from_exception
from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, QueuePause, Task, Worker
from django_simple_queue.models.audit import perform
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
TASK = "tests.dashboard.shop.charge"
ALLOWED = {TASK: {}}
SECRET = "tok-98123-abc"
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


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ALLOWED


@pytest.fixture
def chief(client):
    return signed_in(client, operator("chief", superuser=True))


def make_task(**columns):
    defaults = {"task": TASK, "args": json.dumps({"invoice_id": 7, "card": {"token": SECRET, "holder": "Ada"}})}
    return Task.objects.create(**defaults | columns)


def failed_task(**columns):
    now = timezone.now()
    times = {"started": now - timedelta(seconds=20), "finished": now - timedelta(seconds=10)}
    state = {"status": Task.FAILED, "attempt": 1, "epoch": 1, "error": f"Boom('{SECRET}')", "error_class": "shop.Boom"}
    task = make_task(**times | state | columns)
    Task.objects.filter(pk=task.pk).update(created=now - timedelta(seconds=30))
    return task


def live_worker(**columns):
    now = timezone.now()
    defaults = {"host": "web-1", "pid": 42, "lease_until": now + timedelta(minutes=5), "slots": 2}
    return Worker.objects.create(**defaults | columns)


def page(client, task, **query):
    return client.get(reverse("simple_queue_dashboard:task", args=[task.pk]), query)


def text_of(client, task):
    response = page(client, task)
    assert response.status_code == 200
    return response.content.decode()


def offered(html):
    verbs = ("requeue", "cancel", "start-now", "run-again", "mark-failed")
    return {verb for verb in verbs if f"/{verb}/" in html}


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


@pytest.mark.parametrize(
    ("status", "columns", "verbs"),
    [
        (Task.QUEUED, {}, {"cancel"}),
        (Task.QUEUED, {"run_after": timezone.now() + timedelta(days=9)}, {"cancel", "start-now"}),
        (Task.COMPLETED, {}, {"run-again"}),
        (Task.FAILED, {}, {"requeue"}),
        (Task.CANCELLED, {}, {"requeue"}),
        (Task.PROGRESS, {}, {"mark-failed"}),
    ],
)
def test_only_what_is_possible_is_offered(chief, status, columns, verbs):
    assert offered(text_of(chief, make_task(status=status, **columns))) == verbs


def test_a_running_task_of_a_live_worker_can_be_stopped(chief):
    html = text_of(chief, make_task(status=Task.PROGRESS, worker=live_worker().pk, started=timezone.now()))
    assert offered(html) == {"cancel"}
    assert "Stop task" in html


def test_a_task_outside_the_allowlist_is_not_offered_again(chief):
    html = text_of(chief, failed_task(task="os.system"))
    assert offered(html) == set()
    assert "DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS" in html


def test_a_task_that_must_not_be_repeated_says_so(chief, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {"rerun": "never"}}
    html = text_of(chief, failed_task())
    assert offered(html) == set()
    assert "must not run twice" in html


def test_a_task_that_demands_a_permission_of_its_own_offers_nothing_without_it(client, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {"permission": "auth.delete_user"}}
    signed_in(client, operator("one", "view_task", "requeue_task"))
    html = text_of(client, failed_task())
    assert offered(html) == set()
    assert "auth.delete_user" in html


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ('{"invoice_id": 7, "gone": "leak"}', "gone is not a parameter of charge"),
        ("{}", "invoice_id is missing"),
        ("[1]", "args must be a JSON object"),
    ],
)
@pytest.mark.ability(11)
def test_arguments_that_no_longer_fit_are_told_before_a_requeue(chief, args, words):
    html = text_of(chief, failed_task(args=args))
    assert "It would fail if it ran again" in html
    assert words in html
    assert offered(html) == {"requeue"}


def test_nothing_outside_the_allowlist_is_imported_to_find_that_out(chief, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    text_of(chief, failed_task(task="this.antigravity"))
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    ("permission", "verbs"),
    [("requeue_task", {"requeue"}), ("cancel_task", set()), ("add_task", set()), ("view_task_payload", set())],
)
def test_actions_follow_the_permissions(client, permission, verbs):
    signed_in(client, operator("one", "view_task", permission))
    assert offered(text_of(client, failed_task())) == verbs


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
        (lambda: live_worker(state="paused"), "Every worker of the queue default is paused"),
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


def test_a_held_requeue_offers_undo_and_start_now(chief):
    task = failed_task()
    perform("requeue", Task.objects.filter(pk=task.pk), "Omar", "it", hold=timedelta(minutes=1))
    html = text_of(chief, task)
    assert "Requeued by Omar" in html
    assert "Scheduled" not in html
    assert "Undo requeue" in html
    assert offered(html) == {"start-now"}


def test_run_again_makes_one_new_task_for_a_double_click(chief):
    task = make_task(status=Task.COMPLETED, finished=timezone.now())
    url = reverse("simple_queue_dashboard:task_run_again", args=[task.pk])
    places = {chief.post(url)["Location"] for _ in range(2)}
    copy = Task.objects.get(parent=task.pk)
    assert places == {reverse("simple_queue_dashboard:task", args=[copy.pk])}
    assert (copy.task, copy.arguments, copy.created_by) == (task.task, task.arguments, "chief")
    assert OperatorAction.objects.filter(verb="run_again").count() == 1
    assert str(copy.pk)[-8:] in text_of(chief, task)


@pytest.mark.parametrize("columns", [{"status": Task.FAILED}, {"status": Task.COMPLETED, "task": "os.system"}])
def test_run_again_refuses_in_words(chief, columns):
    task = make_task(**columns)
    response = chief.post(reverse("simple_queue_dashboard:task_run_again", args=[task.pk]), follow=True)
    assert "Nothing done." in response.content.decode()
    assert Task.objects.count() == 1


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
