"""One group of failures: its page, what was decided about it, and its requeue."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import groups, many, preflight
from dashboard.models import FailureGroup
from dashboard.selectors import snapshot
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import MAX_ROWS
from tests.dashboard.failing import HOURS, MAIL, PAY, URL, failed
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_allowlist")]


def test_what_is_copied_as_a_summary_is_as_new_as_the_page(chief):
    failed(hours=1)
    chief.get(f"{URL}{PAY}/")
    failed(hours=2)
    snapshot.memory.forget()
    live = chief.get(f"{URL}{PAY}/", {"live": 1}).content.decode()
    assert re.search(r'id="summary" hidden>[^<]*\b2 [^<]*</pre>', live)


def test_the_page_of_a_group_shows_its_latest_error_and_tasks(chief):
    tasks = [failed(hours=hours, args='{"order_id": 48213}') for hours in HOURS]
    html = chief.get(f"{URL}{PAY}/").content.decode()
    assert all(f"/tasks/{task.pk}/" in html for task in tasks)
    assert "48213" in html
    assert "no funds" in html


def test_a_group_that_is_gone_is_a_page_in_words(chief):
    for parameters in ({}, {"live": 1}):
        response = chief.get(f"{URL}{MAIL}/", parameters)
        assert response.status_code == 200
        assert b"No task of this group is failed any more" in response.content
    assert chief.get(f"{URL}bad/").status_code == 404


@pytest.mark.parametrize("asked", ["requeue/", "summary/"])
def test_what_is_asked_of_a_group_that_is_gone_is_refused_in_an_operators_words(chief, asked):
    response = chief.get(f"{URL}{MAIL}/{asked}", headers={"HX-Request": "true"})
    assert response.status_code == 404
    html = " ".join(response.content.decode().split())
    assert "No task of this group is failed any more: all were requeued or removed. Nothing was changed." in html
    assert MAIL not in html


def hidden(html):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))


def test_a_group_is_requeued_for_a_window_as_it_was_shown(chief):
    inside = [failed(hours=hours, error_class="x.E") for hours in (1, 20)]
    outside = failed(hours=30)
    form = hidden(chief.get(f"{URL}{PAY}/requeue/?window=24h").content.decode())
    late = failed(hours=0)
    assert form["expected"] == "2"
    response = chief.post(f"{URL}{PAY}/requeue/", {**form, "reason": "Gateway is back"}, follow=True)
    assert "Requeued 2 of 2" in response.content.decode()
    statuses = {task.pk: Task.objects.get(pk=task.pk).status for task in (*inside, outside, late)}
    assert [statuses[task.pk] for task in inside] == [Task.QUEUED, Task.QUEUED]
    assert statuses[outside.pk] == statuses[late.pk] == Task.FAILED
    action = OperatorAction.objects.get()
    assert (action.verb, action.done, action.reason) == ("requeue", 2, "Gateway is back")
    assert "charge_invoice" in action.scope


def test_the_second_click_of_a_double_click_is_answered_with_what_the_first_one_did(chief):
    failed(error_class="x.E"), failed(error_class="x.E")
    form = hidden(chief.get(f"{URL}{PAY}/requeue/?window=24h").content.decode())
    answers = [chief.post(f"{URL}{PAY}/requeue/", form, follow=True).content.decode() for _ in range(2)]
    undo = f'action="/activity/{OperatorAction.objects.get().pk}/undo/"'
    assert all("Requeued 2 of 2" in html and undo in html for html in answers)


def test_what_may_have_taken_effect_is_asked_about_and_counted_apart(chief):
    doubtful = [failed(error_class="x.E", epoch=1) for _ in range(6)]
    Attempt.objects.bulk_create(Attempt(task=each, epoch=1, attempt=1, outcome="lost") for each in doubtful)
    safe = [failed(error_class="x.E") for _ in range(4)]
    html = chief.get(f"{URL}{PAY}/requeue/?window=24h").content.decode()
    assert re.search(r'value="no">\s*Only the 4 others\s*</button>', html)
    assert re.search(r'value="yes">\s*<svg.*?</svg>\s*Requeue\s+10\s*</button>', html)
    assert 'aria-current="true">24\xa0h</a>' in html
    response = chief.post(f"{URL}{PAY}/requeue/", {**hidden(html), "repeat": "no"}, follow=True)
    assert "Requeued 4 of 10" in response.content.decode()
    assert {Task.objects.get(pk=task.pk).status for task in safe} == {Task.QUEUED}
    assert {Task.objects.get(pk=task.pk).status for task in doubtful} == {Task.FAILED}


def test_a_large_group_is_left_to_the_workers_and_can_be_watched(chief):
    first = failed(error_class="x.E")
    columns = {name: getattr(first, name) for name in ("task", "status", "fingerprint", "finished", "error_class")}
    Task.objects.bulk_create(Task(**columns) for _ in range(MAX_ROWS))
    html = chief.get(f"{URL}{PAY}/requeue/?window=24h").content.decode()
    assert "The workers do it, batch by batch." in html
    assert "No worker is running now" in html
    response = chief.post(f"{URL}{PAY}/requeue/", hidden(html))
    action = OperatorAction.objects.get()
    assert (action.state, action.expected) == (OperatorAction.State.RUNNING, MAX_ROWS + 1)
    assert response["Location"] == f"/activity/{action.pk}/"


def test_the_numbers_of_a_group_that_is_only_sampled_are_estimates_that_add_up(chief, monkeypatch):
    monkeypatch.setattr(preflight, "ROWS", 2)
    for _ in range(5):
        failed(error_class="x.E")
    html = chief.get(f"{URL}{PAY}/requeue/?window=24h").content.decode()
    assert "Requeue about 5 tasks?" in html
    assert "the newest 2 of 5 were looked at" in html


def test_who_may_not_look_at_actions_is_told_that_the_workers_do_it(client, monkeypatch):
    monkeypatch.setattr(many, "MAX_ROWS", 1)
    eva = signed_in(client, operator("eva", "view_task", "requeue_task"))
    for _ in range(2):
        failed(error_class="x.E")
    form = hidden(eva.get(f"{URL}{PAY}/requeue/?window=24h").content.decode())
    html = eva.post(f"{URL}{PAY}/requeue/", form, follow=True).content.decode()
    assert "the workers do it, batch by batch" in html
    assert "/activity/" not in html


@pytest.mark.parametrize("name", ["since", "until", "mark"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00", "x", "2026-01-01"])
def test_a_moment_that_nobody_can_have_been_shown_is_no_error(chief, name, moment):
    failed()
    assert chief.get(f"{URL}{PAY}/requeue/", {name: moment}).status_code == 200
    assert chief.post(f"{URL}{PAY}/requeue/", {name: moment, "confirm": "yes"}, follow=True).status_code == 200
    assert chief.post("/tasks/matching/requeue/?status=failed&time=24h", {name: moment}).status_code == 200


def test_the_page_of_a_group_reads_no_long_text(chief):
    failed(output="x" * 100_000, error="y" * 100_000)
    with CaptureQueriesContext(connection) as asked:
        assert chief.get(f"{URL}{PAY}/").status_code == 200
    read = [
        query["sql"] for query in asked.captured_queries if re.search(r'task[`"]\.[`"](output|log)[`"],', query["sql"])
    ]
    assert read == []


def test_what_may_not_run_is_told_before(chief, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}}
    failed()
    html = chief.get(f"{URL}{PAY}/requeue/").content.decode()
    assert "not in the allowlist any more" in html
    assert "btn-primary" not in html


def test_who_decided_and_when_is_kept(chief):
    failed()
    chief.post(f"{URL}{PAY}/resolve/")
    group = FailureGroup.objects.get()
    assert (group.state, group.set_by) == ("resolved", "chief")
    assert "by chief" in chief.get(f"{URL}{PAY}/").content.decode()


def test_the_snapshot_counts_open_groups_and_what_nobody_has_handled(chief):
    failed(hours=2)
    failed(hours=1)
    failed(MAIL)
    picture = snapshot.take()
    assert (picture.open_groups.count, picture.open_groups.tasks) == (2, 3)
    chief.post(f"{URL}{PAY}/resolve/")
    chief.post(f"{URL}{MAIL}/ignore/")
    picture = snapshot.take()
    assert (picture.open_groups.count, picture.open_groups.tasks) == (0, 0)
    failed(hours=-0.001)
    picture = snapshot.take()
    assert (picture.open_groups.count, picture.open_groups.tasks) == (1, 1)


def test_who_judged_a_group_last_is_not_looked_for_before_what_was_judged():
    since = timezone.now()
    FailureGroup.objects.create(fingerprint=PAY, state=FailureGroup.State.IGNORED, since=since)
    for age in (2, 0):
        OperatorAction.objects.create(
            verb="ignore_group", scope_filter={"fingerprint": PAY}, created=since - timedelta(seconds=age)
        )
        assert (groups.latest(PAY) is None) == (age == 2)
