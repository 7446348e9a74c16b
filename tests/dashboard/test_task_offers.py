"""What the page of one task offers to do with it, to whom, and what it says beforehand."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.task_page import TASK, failed_task, live_worker, make_task, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("charge_allowed")]


def offered(html):
    verbs = ("requeue", "cancel", "start-now", "run-again", "mark-failed")
    return {verb for verb in verbs if f"/{verb}/" in html}


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


def test_a_retrying_task_offers_what_its_row_offers(chief):
    html = text_of(chief, make_task(attempt=1, epoch=1, run_after=timezone.now() + timedelta(days=9)))
    assert offered(html) == {"cancel", "start-now"}
    assert "Run now" in html
    assert "Give up" in html
    assert "Start now" not in html


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
        ("[1]", "The arguments are not a JSON object"),
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


def test_a_held_requeue_offers_undo_and_start_now(chief):
    task = failed_task()
    perform("requeue", Task.objects.filter(pk=task.pk), "Omar", "it", hold=timedelta(minutes=1))
    html = text_of(chief, task)
    assert "Requeued by Omar" in html
    assert "Scheduled" not in html
    assert "Undo requeue" in html
    assert offered(html) == {"start-now"}


def test_a_requeue_whose_time_has_come_is_not_held_any_more_although_no_worker_is_there_to_see_it(chief):
    task = failed_task()
    perform("requeue", Task.objects.filter(pk=task.pk), "Omar", "it", hold=timedelta(minutes=1))
    Task.objects.filter(pk=task.pk).update(run_after=timezone.now() - timedelta(seconds=1))
    html = text_of(chief, task)
    assert "Requeued by Omar" in html
    assert 'id="held"' not in html
    assert "starts in" not in html
    assert "No worker is alive" in html
    assert "Undo requeue" in html
    assert offered(html) == {"cancel"}


def test_a_requeue_that_no_worker_has_taken_yet_can_be_undone_and_says_why_it_waits(chief):
    task = failed_task()
    perform("requeue", Task.objects.filter(pk=task.pk), "Omar", "it")
    html = text_of(chief, task)
    assert "Requeued by Omar" in html
    assert "Cancelled" not in html
    assert "Undo requeue" in html
    assert 'id="reason"' in html


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
