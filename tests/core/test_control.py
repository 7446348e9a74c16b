"""Pausing and resuming queues and workers, draining workers, from code: what changes, and what is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.models import OperatorAction, QueuePause, Worker
from django_simple_queue.models.control import (
    NotPossible,
    drain_worker,
    pause_queue,
    pause_worker,
    resume_queue,
    resume_worker,
)
from tests.core.rows import a_worker

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ALONE = r"web-1:4711 is a run of execute_task\(\), which claims nothing. Nothing done."


def test_a_pause_says_who_why_and_until_when():
    ada = User.objects.create_user("ada")
    end = timezone.now() + HOUR
    action = pause_queue("mail", " Provider is down ", ada, until=end)
    pause = QueuePause.objects.current().get()
    assert (pause.queue, pause.reason, pause.paused_by, pause.until) == ("mail", "Provider is down", "ada", end)
    assert (action.verb, action.actor_id, action.reason) == ("pause_queue", str(ada.pk), "Provider is down")
    assert (action.scope, action.scope_filter) == ("queue mail", {"queue": "mail"})
    assert OperatorAction.objects.get() == action


def test_code_may_pause_without_a_reason_and_by_a_duration():
    pause_queue("mail", until=HOUR)
    assert HOUR - timedelta(minutes=1) < QueuePause.objects.get().until - timezone.now() <= HOUR


@pytest.mark.parametrize("until", [datetime(2199, 1, 1), datetime(2199, 1, 1, tzinfo=UTC), HOUR])
def test_without_time_zones_an_end_is_a_time_of_the_project_s_zone(settings, until):
    settings.USE_TZ = False
    pause_queue("mail", until=until)
    assert timezone.is_naive(QueuePause.objects.get().until)
    with pytest.raises(ValueError, match="A pause must end in the future"):
        pause_queue("mail", until=datetime(2001, 1, 1))


def test_pausing_again_changes_the_reason_and_the_end_but_not_since_when():
    pause_queue("mail", "first", "ada")
    since = QueuePause.objects.get().since
    pause_queue("mail", "second", "omar", until=HOUR)
    pause = QueuePause.objects.get()
    assert (pause.reason, pause.paused_by, pause.since) == ("second", "omar", since)
    assert pause.until is not None
    assert OperatorAction.objects.count() == 2


def test_an_expired_pause_does_not_hold_and_a_new_one_begins_anew():
    long_ago = timezone.now() - timedelta(days=1)
    QueuePause.objects.create(queue="mail", reason="old", since=long_ago, until=long_ago + HOUR)
    assert not QueuePause.objects.current()
    with pytest.raises(NotPossible, match=r"Queue mail is not paused\. Nothing done\."):
        resume_queue("mail")
    pause_queue("mail")
    assert QueuePause.objects.current().get().since > long_ago + HOUR


def test_resuming_lifts_the_pause_once():
    pause_queue("mail", "because", "ada")
    action = resume_queue("mail", "omar")
    assert (action.verb, action.actor, action.scope) == ("resume_queue", "omar", "queue mail")
    assert not QueuePause.objects.exists()
    with pytest.raises(NotPossible):
        resume_queue("mail", "omar")
    assert OperatorAction.objects.count() == 2


def test_all_queues_are_one_pause():
    action = pause_queue(QueuePause.ALL, "Fire", "ada")
    assert action.scope == "all queues"
    assert str(QueuePause.objects.get()) == "all queues"
    resume_queue(QueuePause.ALL, "ada")
    assert not QueuePause.objects.exists()


@pytest.mark.parametrize(
    ("queue", "reason", "options", "complaint"),
    [
        ("mail", "  ", {}, "A reason is needed"),
        ("mail", "x" * 201, {}, "may have 200 characters, not 201"),
        ("", "why", {}, "A queue's name has 1 to 64 characters, not ''"),
        ("q" * 65, "why", {}, "1 to 64"),
        ("mail", "why", {"until": timedelta(seconds=-1)}, "must end in the future"),
        ("mail", "why", {"until": datetime(2199, 1, 1)}, "until must be an aware datetime; 2199-01-01T00:00:00 has no"),
        ("mail", "why", {"until": timedelta.max}, "until must be a time that a calendar has, not 999999999 days"),
    ],
)
def test_a_person_who_says_too_little_or_too_much_changes_nothing(queue, reason, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        pause_queue(queue, reason, "ada", **options)
    assert not QueuePause.objects.exists()
    assert not OperatorAction.objects.exists()


def state(worker):
    return Worker.objects.values_list("state", "state_by", "state_reason").get(pk=worker.pk)


def test_a_worker_is_paused_resumed_and_drained():
    worker, other = a_worker(), a_worker()
    action = pause_worker(worker.pk, "hot", "ada")
    assert state(worker) == (Worker.State.PAUSED, "ada", "hot")
    assert Worker.objects.get(pk=worker.pk).state_since is not None
    assert (action.scope, action.scope_filter, action.reason) == ("web-1:4711", {"worker": str(worker.pk)}, "hot")
    resume_worker(worker.pk, "omar")
    assert state(worker) == (Worker.State.RUNNING, "omar", "")
    pause_worker(worker.pk, "hot", "ada")
    drain_worker(worker.pk, "deploy", "ada")
    assert state(worker) == (Worker.State.DRAINING, "ada", "deploy")
    assert state(other) == (Worker.State.RUNNING, "", "")
    verbs = OperatorAction.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["pause_worker", "resume_worker", "pause_worker", "drain_worker"]


@pytest.mark.parametrize(
    ("columns", "verb", "complaint"),
    [
        ({}, resume_worker, "web-1:4711 is running. Nothing done."),
        ({"state": "paused", "state_by": "omar"}, pause_worker, "web-1:4711 is paused by omar. Nothing done."),
        ({"state": "draining"}, pause_worker, "web-1:4711 is draining. Nothing done."),
        ({"state": "draining"}, resume_worker, "web-1:4711 is draining. Nothing done."),
        ({"state": "stopped"}, drain_worker, "web-1:4711 is stopped. Nothing done."),
        ({"state": "lost"}, pause_worker, "web-1:4711 is lost. Nothing done."),
        ({"slots": 0}, pause_worker, ALONE),
        ({"slots": 0}, drain_worker, ALONE),
        ({"seconds": -1}, pause_worker, "web-1:4711 does not answer: its lease has ended. Nothing done."),
    ],
)
def test_a_worker_moves_only_from_where_it_can(columns, verb, complaint):
    worker = a_worker(**columns)
    before = state(worker)
    with pytest.raises(NotPossible, match=complaint):
        verb(worker.pk)
    assert state(worker) == before
    assert not OperatorAction.objects.exists()


def test_an_unknown_worker_and_a_missing_reason():
    worker = a_worker()
    with pytest.raises(ValueError, match="A reason is needed"):
        drain_worker(worker.pk, "", "ada")
    worker.delete()
    with pytest.raises(NotPossible, match="There is no worker"):
        pause_worker(worker.pk)


def test_a_worker_is_moved_by_the_first_of_two_people():
    worker = a_worker()
    pause_worker(worker.pk, "hot", "ada")
    with pytest.raises(NotPossible, match="is paused by ada"):
        pause_worker(worker.pk, "mine", "omar")
    Worker.objects.filter(pk=worker.pk).update(lease_until=Now() - HOUR)
    with pytest.raises(NotPossible, match="does not answer"):
        resume_worker(worker.pk, "omar")
