"""A host may write numbers as it likes: what forms, links and drawings carry is read back all the same."""

from __future__ import annotations

import re

import pytest

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.utils import create_task
from tests.dashboard.answers import said
from tests.dashboard.enqueueing import SHIP, post
from tests.dashboard.queue import SEND, a_task, row_of, status_of

pytestmark = pytest.mark.django_db
DRAWN = re.compile(r'<svg x="([^"]*)" width="([^"]*)"')


@pytest.fixture(autouse=True)
def with_separators(settings):
    settings.USE_THOUSAND_SEPARATOR = True


def test_undo_finds_its_action_beyond_the_thousandth(ada):
    OperatorAction.objects.create(pk=123_456, verb="pause_queue", actor="omar", scope="mail")
    task = a_task(Task.FAILED)
    ada.post(f"/tasks/{task.pk}/requeue/")
    shown = re.search(r'name="of" value="([^"]*)"', row_of(ada.get("/").content.decode(), task))
    answer = ada.post(f"/tasks/{task.pk}/undo/", {"of": shown[1]})
    assert said(answer).startswith("Undone")
    assert status_of(task) == Task.FAILED


@pytest.mark.usefixtures("parcels_allowed")
def test_an_edited_task_keeps_its_time_limit(clerk):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7}, timeout=7200)
    form = clerk.get(f"/enqueue/?from={task_id}").content.decode()
    limit = re.search(r'name="timeout"\s+type="number"\s+value="([^"]*)"', form)[1]
    post(clerk, f"from={task_id}", **{"a.to": "Eva", "a.order": "7", "timeout": limit})
    assert Task.objects.get(parent=task_id).timeout == 7200


@pytest.mark.parametrize("language", ["de", "fr", "en"])
def test_drawings_have_places_that_a_browser_understands(ada, settings, language):
    settings.LANGUAGE_CODE = language
    a_task(Task.COMPLETED)
    drawn = DRAWN.findall(ada.get(f"/tasks/named/{SEND}/").content.decode())
    assert len(drawn) == 24
    assert [float(number) for number in drawn[1]] == [12.5, 12.5]


def test_the_time_that_was_chosen_is_said_in_the_second_look(clerk, settings, parcels_allowed):
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = "production"
    asked = post(clerk, **{"a.to": "Eva", "a.order": "7", "run_after": "2031-02-03T04:05"}).content.decode()
    assert "<span>3 Feb 2031 04:05:00</span>" in asked
