"""Workers that stand still, and tasks that no worker holds: every page says the same of them, and what to do."""

from __future__ import annotations

from html import unescape

import pytest

from dashboard.selectors import attention, snapshot
from dashboard.selectors.serving import known_queues, remedy, standstill
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.control import drain_worker, pause_worker
from tests.dashboard.asking import CANCEL, ask, confirm
from tests.dashboard.counting import few_statements
from tests.dashboard.queue import a_task, a_worker, page, shown, status_of

pytestmark = pytest.mark.django_db


def said():
    return attention.attention(snapshot.take())


@pytest.mark.ability(5)
def test_every_page_says_that_the_only_worker_is_paused_and_by_whom(chief):
    worker = a_worker(queues="mail", pid=1)
    task = a_task(queue="mail")
    pause_worker(worker.pk, "Deploy", "omar")
    why = "ts only worker, web-1:1, is paused by omar (Deploy)"
    [sentence] = said()
    assert sentence.title == "No worker takes tasks of the queue mail"
    assert sentence.detail == f"I{why}. Resume it in Workers, or start another one with"
    assert (sentence.page, sentence.command) == ("workers", "python manage.py task_worker --queues mail")
    for address in ("/", "/workers/", "/queues/named/mail/", f"/tasks/{task.pk}/"):
        html = unescape(chief.get(address).content.decode())
        assert why in html, address
        assert "No worker serves" not in html, address
        assert "no worker serves queue mail" not in html, address


def test_each_worker_that_stands_is_told():
    workers = [a_worker(pid=pid, queues="mail") for pid in (1, 2)]
    assert standstill(workers) == ""
    pause_worker(workers[0].pk, "Deploy", "omar")
    drain_worker(workers[1].pk, "Old", "eva")
    for worker in workers:
        worker.refresh_from_db()
    assert standstill(workers) == "each of its 2 workers is draining by eva (Old), paused by omar (Deploy)"
    assert remedy(workers) == "Resume a paused one in Workers, or start another one with"
    assert remedy(workers[:1]) == "Resume it in Workers, or start another one with"
    assert remedy(workers[1:]) == "Start another one with"
    assert standstill([]) == ""


def test_a_worker_that_takes_from_a_queue_is_enough():
    pause_worker(a_worker(queues="mail", pid=1).pk, "Deploy", "omar")
    a_worker(queues="mail", pid=2)
    a_task(queue="mail")
    assert said() == []


def test_known_queues_are_the_same_everywhere(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"a.b": {"queue": "billing"}}
    workers = [a_worker(queues="mail, media"), a_worker()]
    assert known_queues(workers) == {"default", "billing", "mail", "media"}


@pytest.fixture
def stalled():
    """Two tasks that no live worker holds, between others."""
    alive, gone = a_worker(pid=1), a_worker(pid=2, alive=False)
    a_task(Task.PROGRESS, worker=alive.pk)
    a_task(Task.FAILED, worker=gone.pk)
    a_task()
    return {a_task(Task.PROGRESS, worker=gone.pk), a_task(Task.PROGRESS, worker=None)}


@pytest.mark.ability(6)
def test_the_sentence_opens_the_stalled_tasks_that_it_counts(viewer, stalled):
    [sentence] = [each for each in said() if "no live worker" in each.title]
    assert sentence.title.startswith("2 tasks are in progress")
    assert sentence.detail == "A worker settles them within its lease."
    expected = {str(task.pk) for task in stalled}
    assert set(shown(page(viewer, sentence.query))) == expected
    assert set(shown(page(viewer, "has=no_worker"))) == expected
    for typed in ("status:stalled", "status:progress has:no_worker"):
        assert set(shown(viewer.get("/", {"q": typed}, follow=True).content.decode())) == expected
    html = page(viewer)
    assert '<option value="no_worker"' in html
    assert html.count("status=progress&amp;has=no_worker") == len(stalled) + 1, "the badge of each, and the sentence"


def test_without_a_worker_nothing_promises_that_one_settles_them():
    a_task(Task.PROGRESS, worker=None)
    [sentence] = [each for each in said() if "no live worker" in each.title]
    assert sentence.detail == "No worker is alive to settle them; the first one that starts does."


def test_all_stalled_tasks_are_ended_at_once(chief, stalled):
    query = "status=progress&has=no_worker"
    confirm(chief, ask(chief, CANCEL, query), CANCEL, query=query)
    assert {status_of(task) for task in stalled} == {Task.CANCELLED}
    assert OperatorAction.objects.get().outcomes == {"done": 2}
    assert Task.objects.filter(status=Task.PROGRESS, cancel_requested=None).count() == 1


def test_stalled_tasks_take_few_queries(viewer, stalled):
    with few_statements():
        assert len(shown(page(viewer, "status=progress&has=no_worker"))) == 2
