"""What a row, its foot, the toast and the other pages say of a task after somebody acted on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.formats import duration
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.failing import failed
from tests.dashboard.queue import SEND, a_task, later, page, row_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def retrying():
    moment = timezone.now() - timedelta(seconds=7)
    ran = {"attempt": 1, "epoch": 1, "max_attempts": 3, "started": moment, "finished": None}
    return a_task(Task.QUEUED, **ran, **later(240))


def cells(html, task):
    found = re.findall(r"<td.*?>(.*?)</td>", row_of(html, task), re.DOTALL)
    return [re.sub(r"<.*?>", "", cell).strip() for cell in found]


def test_a_task_given_up_while_it_waited_will_not_run_and_did_not_run_till_then(ada, retrying):
    others = [a_task(Task.QUEUED, attempt=1, epoch=1, max_attempts=3, **later(240)) for _ in range(2)]
    ada.post(f"/tasks/{retrying.pk}/cancel/")
    html = page(ada, "status=retrying")
    assert cells(html, retrying)[4:7] == ["", "", ""]
    assert "in 3 min" in cells(html, others[0])[4]
    assert re.search(r'id="pager">\s*<span>\s*2 of 2', html)
    assert not re.search(r"<dt>\s*Ran\s*</dt>", ada.get(f"/tasks/{retrying.pk}/").content.decode())


def test_a_run_that_was_stopped_keeps_its_time(ada):
    stopped = a_task(Task.CANCELLED)
    assert cells(page(ada), stopped)[6] != "–"


def test_both_clicks_of_a_double_click_say_that_it_starts_now(ada, retrying):
    ada.post(f"/tasks/{retrying.pk}/start-now/")
    second = ada.post(f"/tasks/{retrying.pk}/start-now/", follow=True)
    told = [(message.level_tag, str(message)) for message in second.context["messages"]]
    name = f"send_email {str(retrying.pk)[-8:]}"
    assert told == [("success", f"{name} starts now.")] * 2


def test_a_held_task_is_in_the_same_state_everywhere(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}}
    settings.DJANGO_SIMPLE_QUEUE_UNDO_SECONDS = 60
    task = a_task(Task.FAILED)
    ada.post(f"/tasks/{task.pk}/requeue/")
    touched = ada.get(f"/activity/{OperatorAction.objects.get().pk}/").content.decode().partition("touched")[2]
    for html in (touched, row_of(page(ada, "status=failed"), task)):
        assert "Queued" in html
        assert "Scheduled" not in html


def test_a_requeued_task_that_failed_again_is_not_handled_any_more(ada):
    task = a_task(Task.FAILED)
    ada.post(f"/tasks/{task.pk}/requeue/")
    assert "is-acted" in row_of(page(ada), task)
    Task.objects.filter(pk=task.pk).update(status=Task.FAILED, attempt=1, epoch=2, finished=timezone.now())
    assert is_up_for_attention(row_of(page(ada), task))


def test_an_undone_requeue_leaves_a_task_that_is_not_handled(ada):
    task = a_task(Task.FAILED)
    ada.post(f"/tasks/{task.pk}/requeue/")
    ada.post(f"/activity/{OperatorAction.objects.get().pk}/undo/")
    assert is_up_for_attention(row_of(page(ada), task))


def is_up_for_attention(row):
    return "is-acted" not in row and "at-max" in row and "Requeued by you" in row


def test_a_group_shows_its_release_although_its_latest_failure_has_none(ada):
    failed(hours=1, release="2026.48.6")
    failed(release="")
    assert '<span class="tag">2026.48.6</span>' in ada.get("/failures/").content.decode()


def test_long_times_are_told_in_days():
    assert duration(timedelta(hours=587)) == "24 d 11 h"
    assert duration(timedelta(hours=47, minutes=3)) == "47 h 03 min"
