"""Actions that move no task, or of which it is not kept which tasks they were: what their pages say, and leave out."""

from __future__ import annotations

import re

import pytest

from dashboard.wording import PAST
from django_simple_queue.models import OperatorAction, QueuePause, Task
from django_simple_queue.models.control import pause_queue
from tests.dashboard.answers import text_of
from tests.dashboard.queue import a_task, shown

pytestmark = pytest.mark.django_db
OVER_TASKS = {"requeue", "cancel", "start_now", "mark_failed", "run_again", "enqueue", "edit", "export"}


@pytest.mark.parametrize("verb", sorted(PAST.keys() - OVER_TASKS))
def test_an_action_that_moves_no_task_counts_none(ada, verb):
    action = OperatorAction.objects.create(verb=verb, actor="omar", scope="what it was about")
    text = text_of(ada.get(f"/activity/{action.pk}/"))
    assert f"omar {PAST[verb]}" in text
    assert not re.search(r"0 tasks|Outcomes|Nothing yet", text)


def test_a_pause_of_a_queue_counts_no_task(ada):
    pause_queue("mail", "deploy", "omar")
    text = text_of(ada.get(f"/activity/{OperatorAction.objects.get().pk}/"))
    assert "omar paused queue mail · “deploy”" in text
    assert QueuePause.objects.exists()


def test_a_requeue_still_counts(ada):
    action = OperatorAction.objects.create(verb="requeue", actor="omar", scope="failed", outcomes={"completed": 2})
    text = text_of(ada.get(f"/activity/{action.pk}/"))
    assert "omar requeued 0 tasks" in text
    assert "Outcomes" in text


@pytest.mark.parametrize("count", [1, 6])
def test_an_export_leads_to_what_its_filter_finds(ada, count):
    tasks = [a_task(Task.FAILED) for _ in range(count)]
    a_task(Task.COMPLETED)
    ada.post("/export/?status=failed", {"format": "csv"}).getvalue()
    action = OperatorAction.objects.get()
    assert action.outcomes == {"done": count}
    html = ada.get("/activity/").content.decode()
    assert "Show the" not in html
    address = re.search(r'href="([^"]*)">Show what the filter finds now', html)[1]
    assert set(shown(ada.get(address.replace("&amp;", "&")).content.decode())) == {str(task.pk) for task in tasks}
    page = ada.get(f"/activity/{action.pk}/")
    assert f"ada exported {count} task" in text_of(page)
    assert "outcome=done" not in page.content.decode()
    assert "not listed any more" not in text_of(page)
