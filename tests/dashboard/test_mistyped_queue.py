"""A queue that is named by hand when it is paused: one that nothing speaks of is asked about first."""

from __future__ import annotations

import re
from html import unescape

import pytest

from django_simple_queue.models import QueuePause, Task
from tests.dashboard.queue import SEND, a_task, a_worker

pytestmark = pytest.mark.django_db
PAUSE = "/workers/queues/pause/"


def pause(client, queue, **fields):
    return client.post(PAUSE, {"queue": queue, "reason": "Provider is down", **fields})


def meant(page):
    return unescape(re.search(r'name="meant" value="([^"]*)"', page.content.decode())[1])


def test_a_mistyped_queue_is_not_paused_before_it_was_confirmed(ada):
    a_task(queue="mail")
    asked = pause(ada, "mial")
    assert "Nothing waits in a queue “mial”" in asked.content.decode()
    assert "Pause it all the same" in asked.content.decode()
    assert not QueuePause.objects.exists()
    pause(ada, "mali", meant=meant(asked))
    assert not QueuePause.objects.exists()
    pause(ada, "mial", meant=meant(asked))
    assert QueuePause.objects.get().queue == "mial"


@pytest.mark.parametrize("known_by", ["a task that waits", "a worker", "the allowlist"])
def test_a_queue_that_something_speaks_of_is_paused_at_once(ada, settings, known_by):
    if known_by == "a task that waits":
        a_task(Task.QUEUED, queue="mail")
    elif known_by == "a worker":
        a_worker(queues="mail")
    else:
        settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"queue": "mail"}}
    pause(ada, "mail")
    assert QueuePause.objects.get().queue == "mail"


def test_known_queues_are_proposed(ada):
    a_worker(queues="media,mail")
    html = ada.get(PAUSE).content.decode()
    assert 'list="known-queues"' in html
    assert re.findall(r'<option value="(m\w+)"></option>', html) == ["mail", "media"]
