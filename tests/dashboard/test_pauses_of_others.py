"""Nobody changes or lifts a pause that they have not seen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from django_simple_queue.models import OperatorAction, QueuePause
from django_simple_queue.models.control import pause_queue, resume_queue
from tests.dashboard.answers import said, text_of
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
PAUSE, RESUME = "/workers/queues/pause/", "/workers/queues/resume/"
WHY = {"reason": "Provider is down", "lasting": "60"}
ALL = {**WHY, "place": "testserver"}


@pytest.fixture
def chief(client):
    return signed_in(client, operator("chief", "view_task", "change_worker"))


def paused_by_omar(queue="mail", reason="db down"):
    pause_queue(queue, reason, "omar" if reason else None)
    QueuePause.objects.filter(pk=queue).update(since=timezone.now() - timedelta(minutes=3, seconds=5))


def pause():
    return QueuePause.objects.values_list("reason", "paused_by").get()


def hidden(response):
    return dict(re.findall(r'type="hidden" name="(seen)" value="(\w+)"', response.content.decode()))


@pytest.mark.parametrize(
    ("address", "queue", "fields"),
    [(f"{PAUSE}?queue=mail", "mail", WHY), (PAUSE, "mail", {**WHY, "queue": "mail"}), (f"{PAUSE}?queue=*", "*", ALL)],
)
def test_who_pauses_what_is_paused_is_told_first_and_then_may_change_it(chief, address, queue, fields):
    paused_by_omar(queue)
    answer = chief.post(address, fields)
    words = "all queues" if queue == "*" else "queue mail"
    assert f"omar paused {words} 3 min ago: db down. Nothing done." in text_of(answer)
    assert "Change the pause" in text_of(answer)
    assert "Provider is down" in answer.content.decode()
    assert pause() == ("db down", "omar")
    assert OperatorAction.objects.count() == 1
    chief.post(address, fields | hidden(answer))
    assert pause() == ("Provider is down", "chief")


def test_what_somebody_has_changed_meanwhile_is_not_changed_either(chief):
    paused_by_omar()
    answer = chief.post(f"{PAUSE}?queue=mail", WHY)
    pause_queue("mail", "provider as well", "lea")
    again = chief.post(f"{PAUSE}?queue=mail", WHY | hidden(answer))
    assert "lea paused queue mail 3 min ago: provider as well. Nothing done." in text_of(again)
    assert pause() == ("provider as well", "lea")


def test_resume_lifts_the_pause_that_was_shown_and_no_other(chief):
    pause_queue("mail", "my own", "chief")
    shown = {"queue": "mail", **hidden(chief.get("/workers/"))}
    resume_queue("mail", "omar")
    paused_by_omar()
    assert said(chief.post(RESUME, shown)) == "omar paused queue mail 3 min ago: db down. Nothing done."
    assert pause() == ("db down", "omar")
    assert said(chief.post(RESUME, {"queue": "mail", **hidden(chief.get("/workers/"))})) == "Resumed queue mail."


def test_a_pause_without_a_reason_is_told_too_and_your_own_is_yours(chief):
    paused_by_omar(reason="")
    assert "Application code paused queue mail 3 min ago. Nothing done." in said(chief.post(RESUME, {"queue": "mail"}))
    pause_queue("mail", "mine", "chief")
    assert said(chief.post(RESUME, {"queue": "mail"})).startswith("You paused queue mail 3 min ago: mine.")


def test_a_pause_that_has_ended_stands_in_nobodys_way(chief):
    paused_by_omar()
    QueuePause.objects.update(until=timezone.now() - timedelta(seconds=1))
    chief.post(f"{PAUSE}?queue=mail", WHY)
    assert pause() == ("Provider is down", "chief")
