"""A number opens what it counts, and a word says what is so."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from dashboard.selectors import attention, health, snapshot
from django_simple_queue.models import QueuePause, Task, Worker
from tests.dashboard.queue import a_task, a_worker, shown

pytestmark = pytest.mark.django_db
SHIP = "tests.dashboard.shop.ship"
INJECTED = "a; reboot"


def tile(slug):
    return next(each for each in health.tiles(snapshot.take()) if each.slug == slug)


def ago(**span):
    return timezone.now() - timedelta(**span)


@pytest.mark.ability(6)
def test_the_tile_of_failures_opens_those_that_it_counts(chief):
    lately = [a_task(Task.FAILED, finished=ago(minutes=minutes)) for minutes in (1, 14)]
    a_task(Task.FAILED, finished=ago(hours=2))
    assert tile("failed").value == "2"
    listed = shown(chief.get(f"/?{tile('failed').query}").content.decode())
    assert set(listed) == {str(task.pk) for task in lately}


@pytest.mark.parametrize(("hours", "count"), [(1, 3), (30, 2)])
def test_the_button_for_similar_failures_counts_those_of_a_day(chief, settings, hours, count):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.send_email": {}}
    shown_one = a_task(Task.FAILED, fingerprint="f" * 16, finished=ago(hours=hours))
    for _ in range(2):
        a_task(Task.FAILED, fingerprint="f" * 16)
    html = chief.get(f"/tasks/{shown_one.pk}/").content.decode()
    assert f"Requeue {count} (24&nbsp;h)" in html


def test_workers_that_take_tasks_are_all_alive():
    for pid in (1, 2):
        a_worker(pid=pid)
    a_worker(pid=3, alive=False, state=Worker.State.LOST, ended=ago(hours=3))
    a_worker(pid=4, alive=False, state=Worker.State.STOPPED, ended=ago(minutes=1))
    assert tile("workers").note == "8 slots, all alive"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"state": Worker.State.PAUSED}, "8 slots, 1 paused"),
        ({"state": Worker.State.DRAINING}, "8 slots, 1 draining"),
        ({"state": Worker.State.LOST, "alive": False}, "4 slots, 1 lost in 15 min"),
        ({"alive": False}, "4 slots, 1 lost in 15 min"),
    ],
)
def test_a_worker_that_takes_nothing_is_told(other, words):
    a_worker(pid=1)
    a_worker(pid=2, **other)
    assert tile("workers").note == words


def test_the_command_for_a_queue_is_one_argument_to_a_shell(chief):
    a_worker(queues="default")
    a_task(queue=INJECTED)
    (sentence,) = attention.attention(snapshot.take())
    assert shlex.split(sentence.command)[-2:] == ["--queues", INJECTED]
    html = chief.get(f"/queues/named/{INJECTED}/").content.decode()
    (command,) = re.findall(r"<code>(python manage.py task_worker.*?)</code>", html)
    assert shlex.split(unescape(command))[-2:] == ["--queues", INJECTED]


def test_a_review_shows_an_option_that_is_nought(chief, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {}}
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = "production"
    form = {"a.to": "Eva", "a.order": "7", "token": "0192f3c1-7a5e-7c44-9d0a-5b1d6e2f8a10"}
    html = chief.post(f"/enqueue/?task={SHIP}", {**form, "timeout": "0", "priority": "0"}).content.decode()
    assert not Task.objects.exists()
    options = re.findall(r"<dt>([\w ]+)</dt>\s*<dd><span>(\d+)</span></dd>", html)
    assert options == [("Priority", "0"), ("Time limit", "0")]


def test_a_queue_that_needs_somebody_is_never_among_those_left_out(chief):
    names = [f"a-{number:03}" for number in range(100)]
    a_worker(queues=",".join(names))
    a_task(queue="z-unserved")
    QueuePause.objects.create(queue="z-paused", reason="moving", paused_by="omar")
    html = chief.get("/workers/").content.decode()
    listed = re.findall(r'<a class="task" href="/queues/named/([\w-]+)/">', html)
    assert len(listed) == 40
    assert listed == sorted(listed)
    assert {"z-paused", "z-unserved"} < set(listed)
    assert "63 more queues are not shown" in html


def test_all_of_a_few_queues_are_shown(chief):
    a_worker(queues="mail,media")
    html = chief.get("/workers/").content.decode()
    assert 'id="more-queues"' not in html
