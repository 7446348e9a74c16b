"""What is done to ticked rows: asked about where it is not safe, and every outcome is told."""

from __future__ import annotations

import re

import pytest

from dashboard import wording
from django_simple_queue.models import Attempt, OperatorAction, Task
from tests.dashboard.answers import said
from tests.dashboard.queue import a_task, a_worker, later, status_of

pytestmark = pytest.mark.django_db


def test_ticked_rows_are_requeued_and_every_outcome_is_told(ada):
    failed = [a_task(Task.FAILED) for _ in range(3)]
    other = [a_task(Task.COMPLETED), a_task(**later(60))]
    ids = [str(task.pk) for task in (*failed, *other)] + ["0" * 32, "nonsense"]
    response = ada.post("/tasks/requeue/", {"ids": ids[:4], "elsewhere": " ".join(ids[4:]), "next": "/?status=failed"})
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
    assert b"1 of 2 is running" in page.content
    response = ada.post("/tasks/cancel/", {"elsewhere": " ".join(ids), "confirm": "yes"})
    assert said(response) == "Cancelled 1 of 2, asked the workers to stop 1."


def test_only_the_safe_ones_may_be_chosen(ada):
    safe, unknown = a_task(Task.FAILED), a_task(Task.FAILED)
    Attempt.objects.create(task=unknown, epoch=1, attempt=1, outcome="lost")
    page = ada.post("/tasks/requeue/", {"ids": [str(safe.pk), str(unknown.pk)]}).content.decode()
    assert re.search(rf'name="safe" value="{safe.pk}"', page)
    values = {"elsewhere": f"{safe.pk} {unknown.pk}", "safe": str(safe.pk), "which": "safe", "confirm": "yes"}
    ada.post("/tasks/requeue/", values)
    assert (status_of(safe), status_of(unknown)) == (Task.QUEUED, Task.FAILED)


def test_nothing_ticked_is_told(ada):
    assert said(ada.post("/tasks/requeue/")) == "No task is ticked. Nothing done."


def test_more_ticked_rows_than_a_request_moves_are_left_to_the_workers(ada):
    task = a_task(Task.FAILED)
    ids = " ".join([str(task.pk), *(f"{number:032x}" for number in range(500))])
    page = ada.post("/tasks/requeue/", {"elsewhere": ids})
    assert b"501 ticked tasks" in page.content
    response = ada.post("/tasks/requeue/", {"elsewhere": ids, "confirm": "yes", "expected": "501"})
    assert said(response) == "Requeued 1 of 501: 500 changed or removed since."
    assert status_of(task) == Task.QUEUED


def test_outcomes_add_up_in_words():
    assert wording.many("requeue", {"done": 31, "progress": 4, "not_allowed": 2}) == (
        "Requeued 31 of 37: 4 in progress, 2 not in the allowlist any more."
    )


@pytest.mark.ability(2)
def test_ticked_rows_that_changed_since_are_left_alone(ada):
    changed, same = a_task(Task.FAILED), a_task(Task.FAILED)
    ada.post("/tasks/requeue/", {"ids": [str(changed.pk), str(same.pk)], "skip": str(changed.pk)})
    assert (status_of(changed), status_of(same)) == (Task.FAILED, Task.QUEUED)


def test_more_ticked_rows_than_are_taken_at_once_are_told_as_such(ada):
    ids = " ".join(f"{number:032x}" for number in range(1001))
    html = ada.post("/tasks/requeue/", {"elsewhere": ids}).content.decode()
    assert "1\N{NARROW NO-BREAK SPACE}000 ticked tasks" in html
    assert "More than that are not taken at once." in html
