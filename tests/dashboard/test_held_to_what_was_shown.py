"""One click on one task does its verb to the task as it was shown, and tells who has changed it since."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db.models.functions import Now
from django.test import Client

from dashboard.ids import spelled
from dashboard.scopes import read_moment
from django_simple_queue.models import Task
from tests.dashboard.answers import said
from tests.dashboard.asking import fields_of
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND, a_task, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def omar():
    return signed_in(Client(), operator("omar", superuser=True))


def seen(client, address):
    """As of when the page's buttons say that they show the task."""
    return re.search(r'name="seen" value="([^"]+)"', client.get(address).content.decode())[1]


def press(client, verb, task, shown=None):
    return client.post(f"/tasks/{task.pk}/{verb}/", {"next": "/"} | ({"seen": shown} if shown else {}))


def changes(task):
    Task.objects.filter(pk=task.pk).update(modified=Now())


@pytest.mark.ability(2)
@pytest.mark.parametrize("where", ["/?status=failed", "/tasks/{}/"])
def test_what_somebody_has_cancelled_since_is_not_started_by_an_older_page(ada, omar, where):
    task = a_task(Task.FAILED)
    shown = seen(ada, where.format(task.pk))
    press(omar, "requeue", task)
    press(omar, "cancel", task)
    assert re.fullmatch(r"omar cancelled this \d+ s ago\. Nothing done\.", said(press(ada, "requeue", task, shown)))
    assert status_of(task) == Task.CANCELLED
    press(ada, "requeue", task, seen(ada, f"/tasks/{task.pk}/"))
    assert status_of(task) == Task.QUEUED


def test_what_nobody_has_touched_but_the_program_is_told_as_changed(ada):
    task = a_task(Task.FAILED)
    shown = seen(ada, "/?status=failed")
    changes(task)
    assert said(press(ada, "requeue", task, shown)) == "This task has changed since it was shown. Nothing done."
    assert status_of(task) == Task.FAILED


@pytest.mark.parametrize("shown", [None, "x", "2999-01-01T00:00:00+00:00"])
def test_a_request_that_does_not_say_what_it_has_seen_is_held_to_nothing(ada, shown):
    task = a_task(Task.FAILED)
    changes(task)
    press(ada, "requeue", task, shown)
    assert status_of(task) == Task.QUEUED


@pytest.mark.parametrize("moment", ["2026-11-30T05:01:09.924474+00:00", "2026-11-30T06:01:09+01:00"])
def test_a_moment_is_read_as_it_was_spelled_and_as_people_write_it(moment):
    meant, latest = datetime.fromisoformat(moment), datetime(2030, 1, 1, tzinfo=UTC)
    assert [read_moment(text, latest) for text in (spelled(meant), moment)] == [meant, meant]


def test_one_who_stops_what_has_started_since_is_asked(ada):
    task = a_task()
    shown = seen(ada, "/?status=queued")
    Task.objects.filter(pk=task.pk).update(status=Task.PROGRESS, modified=Now(), epoch=1)
    assert b"Stop send_email" in press(ada, "cancel", task, shown).content


def test_the_answer_to_a_question_is_held_to_what_it_asked_about(ada, omar, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"rerun": "confirm"}}
    task = a_task(Task.FAILED, epoch=1)
    question = fields_of(press(ada, "requeue", task, seen(ada, "/?status=failed")))
    omar.post(f"/tasks/{task.pk}/requeue/", {"confirm": "1"})
    press(omar, "cancel", task)
    assert said(ada.post(f"/tasks/{task.pk}/requeue/", question)).startswith("omar cancelled this")
    assert status_of(task) == Task.CANCELLED


def test_the_second_of_a_double_click_is_told_what_the_first_did(ada):
    task = a_task()
    shown = seen(ada, f"/tasks/{task.pk}/")
    first = said(press(ada, "cancel", task, shown))
    assert said(press(ada, "cancel", task, shown)) == first
