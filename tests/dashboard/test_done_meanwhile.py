"""Who has done the same to how many of the tasks that match, since they were shown; each task is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard import scopes
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform, undo
from tests.dashboard.answers import said, text_of
from tests.dashboard.asking import ask, confirm
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task

pytestmark = pytest.mark.django_db


def shown():
    """The moment at which a page has shown all tasks as they are."""
    mark = scopes.mark() - timedelta(seconds=1)
    Task.objects.update(modified=mark)
    return mark.isoformat()


def requeue(tasks, actor):
    return perform("requeue", Task.objects.filter(pk__in=[task.pk for task in tasks]), actor)


def test_more_than_a_page_of_them_are_counted_by_who_it_was(ada):
    rows = [Task(task=SEND, status=Task.FAILED, args="{}") for _ in range(600)]
    tasks = Task.objects.bulk_create(rows)
    mark = shown()
    for part, actor in ((tasks[:400], "omar"), (tasks[400:560], "omar"), (tasks[560:590], "lea")):
        requeue(part, actor)
    page = ask(ada, mark=mark, count="600")
    assert "560 were already requeued by omar" in text_of(page)
    assert "30 were already requeued by lea" in text_of(page)
    assert "changed" not in text_of(page)
    assert said(confirm(ada, page)) == "Requeued 10 of 600: 560 already requeued by omar, 30 already requeued by lea."


@pytest.mark.parametrize("alone", [True, False])
def test_what_was_undone_is_not_done_already_and_told_once(ada, alone):
    back, other = a_task(Task.FAILED), a_task(Task.FAILED)
    mark = shown()
    action = requeue([back, other], "omar")
    undo(action, "omar", back.pk if alone else None)
    text = text_of(ask(ada, mark=mark, count="2"))
    assert ("1 was already requeued by omar" in text) == alone
    assert f"{1 if alone else 2} changed or " in text
    assert "arrived since" not in text


def test_who_did_it_last_is_named_and_a_task_that_failed_anew_has_not_arrived(ada):
    task, _other = a_task(Task.FAILED), a_task(Task.FAILED)
    mark = shown()
    for actor in ("omar", "lea"):
        requeue([task], actor)
        Task.objects.filter(pk=task.pk).update(status=Task.FAILED)
    text = text_of(ask(ada, mark=mark, count="2"))
    assert "1 was already requeued by lea" in text
    assert "omar" not in text
    assert "arrived since" not in text


@pytest.fixture
def without_charge(client, settings):
    """Somebody who lacks the permission that one of the tasks demands."""
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"permission": "auth.view_group"}, SEND: {}}
    return signed_in(client, operator("eva", "view_task", "requeue_task"))


@pytest.mark.parametrize("ticked", [True, False])
def test_of_a_task_that_is_not_theirs_nobody_is_told_who_did_what(without_charge, ticked):
    tasks = [a_task(Task.FAILED, task=path) for path in (CHARGE, SEND, SEND)]
    mark = shown()
    requeue(tasks[:1], "omar")
    requeue(tasks[1:2], "lea")
    if ticked:
        told = said(without_charge.post("/tasks/requeue/", {"ids": [str(task.pk) for task in tasks], "mark": mark}))
    else:
        page = ask(without_charge, mark=mark, count="3")
        assert "omar" not in text_of(page)
        told = said(confirm(without_charge, page))
    assert told == "Requeued 1 of 3: 1 already requeued by lea, 1 changed or removed since."
