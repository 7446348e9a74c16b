"""What is done to ticked rows: asked about where it is not safe, and every outcome is told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from dashboard import wording
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import perform, undo
from tests.dashboard.answers import said, text_of
from tests.dashboard.asking import confirm
from tests.dashboard.queue import a_task, a_worker, later, page, status_of

pytestmark = pytest.mark.django_db


def test_ticked_rows_are_requeued_and_every_outcome_is_told(ada):
    failed = [a_task(Task.FAILED) for _ in range(3)]
    other = [a_task(Task.COMPLETED), a_task(**later(60))]
    ids = [str(task.pk) for task in (*failed, *other)] + ["0" * 32, "nonsense"]
    response = ada.post("/tasks/requeue/", {"ids": ids[:4], "ticked": " ".join(ids[4:]), "next": "/?status=failed"})
    assert response["Location"] == "/?status=failed"
    head, *reasons = re.split(": |, ", said(response))
    assert head == "Requeued 3 of 6"
    assert sorted(reasons) == ["1 completed", "1 gone.", "1 queued already"]
    assert {status_of(task) for task in failed} == {Task.QUEUED}
    action = OperatorAction.objects.get()
    assert said(ada.post(f"/activity/{action.pk}/undo/")).startswith("Undone: 3 tasks are as before")
    assert {status_of(task) for task in failed} == {Task.FAILED}


def test_cancelling_ticked_rows_asks_when_some_run(ada):
    waiting, running = a_task(), a_task(Task.PROGRESS, worker=a_worker().pk)
    ids = [str(waiting.pk), str(running.pk)]
    page = ada.post("/tasks/cancel/", {"ids": ids})
    assert "Cancel 2 tasks?" in text_of(page)
    assert "1 of them is running" in text_of(page)
    assert said(confirm(ada, page, "/tasks/cancel/")) == "Cancelled 1 of 2, asked the workers to stop 1."


def test_only_the_safe_ones_may_be_chosen(ada):
    safe, unknown = a_task(Task.FAILED), a_task(Task.FAILED)
    Attempt.objects.create(task=unknown, epoch=1, attempt=1, outcome="lost")
    page = ada.post("/tasks/requeue/", {"ids": [str(safe.pk), str(unknown.pk)]})
    assert "Only the other one" in text_of(page)
    confirm(ada, page, "/tasks/requeue/", repeat="no")
    assert (status_of(safe), status_of(unknown)) == (Task.QUEUED, Task.FAILED)


def test_only_the_others_stops_nothing_that_has_started_since(ada):
    worker = a_worker().pk
    waiting, other, running = a_task(), a_task(), a_task(Task.PROGRESS, worker=worker)
    page = ada.post("/tasks/cancel/", {"ids": [str(task.pk) for task in (waiting, other, running)]})
    Task.objects.filter(pk=waiting.pk).update(status=Task.PROGRESS, worker=worker, epoch=1, modified=Now())
    assert said(confirm(ada, page, "/tasks/cancel/", repeat="no")) == (
        "Cancelled 1 of 3: 1 changed or removed since, 1 running."
    )
    assert [Task.objects.get(pk=task.pk).cancel_requested for task in (waiting, running)] == [None, None]


def test_nothing_ticked_is_told(ada):
    assert said(ada.post("/tasks/requeue/")) == "No task is ticked. Nothing done."


def test_more_ticked_rows_than_a_request_moves_are_left_to_the_workers(ada):
    task = a_task(Task.FAILED)
    ids = " ".join([str(task.pk), *(f"{number:032x}" for number in range(500))])
    assert said(ada.post("/tasks/requeue/", {"ticked": ids})) == "Requeued 1 of 501: 500 gone."
    assert status_of(task) == Task.QUEUED


def test_outcomes_add_up_in_words():
    assert wording.many("requeue", {"done": 31, "progress": 4, "not_allowed": 2}) == (
        "Requeued 31 of 37: 4 in progress, 2 not in the allowlist any more."
    )


@pytest.fixture
def tasks():
    return [a_task(Task.FAILED) for _ in range(3)]


def requeue(client, page, tasks, **kept):
    """Tick these on the page and press Requeue; ``kept`` is what the browser has kept of them since."""
    boxes = [re.search(rf'name="ids" value="({task.pk}@[^"]+)"', page)[1] for task in tasks]
    return client.post("/tasks/requeue/", {"ids": boxes, **kept})


@pytest.mark.ability(2)
def test_ticked_rows_that_changed_since_are_left_alone(ada, tasks):
    shown = page(ada, "status=failed")
    Task.objects.filter(pk=tasks[0].pk).update(modified=Now())
    assert said(requeue(ada, shown, tasks)) == "Requeued 2 of 3: 1 changed or removed since."
    assert [status_of(task) for task in tasks] == [Task.FAILED, Task.QUEUED, Task.QUEUED]


def test_both_clicks_of_a_double_click_are_answered_alike(ada, tasks):
    shown = page(ada, "status=failed")
    answers = [ada.get(requeue(ada, shown, tasks)["Location"]).content.decode() for _ in range(2)]
    told = "Requeued 3 of 3.", f'action="/activity/{OperatorAction.objects.get().pk}/undo/"'
    assert all(words in html for html in answers for words in told)


def test_the_others_may_be_chosen_after_the_safe_ones(ada, tasks):
    Attempt.objects.create(task=tasks[0], epoch=1, attempt=1, outcome="lost")
    question = requeue(ada, page(ada, "status=failed"), tasks)
    assert said(confirm(ada, question, "/tasks/requeue/", repeat="no")).startswith("Requeued 2 of 3")
    assert said(confirm(ada, question, "/tasks/requeue/")).startswith("Requeued 1 of 3")
    assert {status_of(task) for task in tasks} == {Task.QUEUED}


@pytest.mark.parametrize("way", ["undone", "failed anew"])
def test_what_is_ticked_anew_is_done_anew(ada, tasks, way):
    said_first = said(requeue(ada, page(ada, "status=failed"), tasks))
    if way == "undone":
        undo(OperatorAction.objects.get())
    else:
        Task.objects.update(status=Task.FAILED, modified=Now())
    assert said(requeue(ada, page(ada, "status=failed"), tasks)) == said_first
    assert OperatorAction.objects.count() == 2


@pytest.mark.parametrize("once_more", [True, False])
def test_one_ticked_row_on_an_old_page_is_told_what_has_happened_to_it(ada, tasks, once_more):
    shown = page(ada, "status=failed")
    told = r"omar requeued this \d+ s ago\. Nothing done\."
    if once_more:
        told = re.escape(said(requeue(ada, shown, tasks[:1])))
    else:
        perform("requeue", Task.objects.filter(pk=tasks[0].pk), "omar")
    assert re.fullmatch(told, said(requeue(ada, shown, tasks[:1])))
    Task.objects.filter(pk=tasks[0].pk).delete()
    assert said(requeue(ada, shown, tasks[:1])) == "Requeued 0 of 1: 1 gone."


@pytest.mark.ability(2)
@pytest.mark.parametrize(
    ("count", "told"), [(1, r"omar cancelled this \d+ s ago"), (3, "Requeued 0 of 3: 3 changed or removed since")]
)
def test_what_somebody_has_cancelled_since_is_not_started_by_who_ticked_it_before(ada, tasks, count, told):
    ticked = " ".join(re.findall(r'name="ids" value="([^"]+)"', page(ada, "status=failed"))[:count])
    ours = [task for task in tasks if str(task.pk) in ticked]
    perform("requeue", Task.objects.all(), "omar")
    perform("cancel", Task.objects.all(), "omar")
    now = page(ada, "status=cancelled")
    assert re.match(told, said(requeue(ada, now, ours, ticked=ticked)))
    assert {status_of(task) for task in tasks} == {Task.CANCELLED}


def test_who_has_requeued_them_meanwhile_is_told_unless_it_was_taken_back(ada, tasks):
    shown = page(ada, "status=failed")
    perform("requeue", Task.objects.filter(pk=tasks[0].pk), "omar")
    undo(perform("requeue", Task.objects.filter(pk=tasks[1].pk), "omar"))
    assert said(requeue(ada, shown, tasks)) == (
        "Requeued 1 of 3: 1 already requeued by omar, 1 changed or removed since."
    )


def test_rows_of_an_older_page_are_held_to_when_it_was_shown(ada, tasks):
    ids, mark = [str(task.pk) for task in tasks], mark_of(page(ada, "status=failed"))
    Task.objects.filter(pk=tasks[0].pk).update(modified=Now() + timedelta(seconds=1))
    assert said(ada.post("/tasks/requeue/", {"ids": ids, "mark": mark})).startswith("Requeued 2 of 3: 1 changed")


def mark_of(html):
    return re.search(r'name="mark" value="([^"]+)"', html)[1]


def test_more_ticked_rows_than_are_taken_at_once_are_told_as_such(ada):
    ids = " ".join(f"{number:032x}" for number in range(1001))
    html = ada.post("/tasks/requeue/", {"ticked": ids}).content.decode()
    assert "1\N{NARROW NO-BREAK SPACE}000 ticked tasks" in html
    assert "More than that are not taken at once." in html
