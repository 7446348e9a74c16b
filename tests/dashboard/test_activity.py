"""The activity page: who did what, in which words, and what can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import perform, record
from tests.dashboard.counting import few_statements
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
URL = "/activity/"
TASK = "tests.dashboard.shop.charge"


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {}}


@pytest.fixture
def auditor(client):
    held = ("view_task", "view_operatoraction", "requeue_task", "cancel_task")
    return signed_in(client, operator("auditor", *held))


def failed(count):
    return [Task.objects.create(task=TASK, status=Task.FAILED, finished=timezone.now()).pk for _ in range(count)]


def requeue(count=1, actor="Omar", **options):
    chosen = Task.objects.filter(pk__in=failed(count))
    return perform("requeue", chosen, actor, "what was meant", hold=timedelta(minutes=1), **options)


def text_of(client, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_list_says_what_will_be_in_it(auditor):
    assert "Nobody has done anything yet" in text_of(auditor)


@pytest.mark.ability(10)
def test_an_action_is_told_with_who_what_why_and_its_task(auditor):
    action = requeue(reason="gateway is back")
    html = text_of(auditor)
    item = action.items.get()
    for words in ("Omar", "requeued", "gateway is back", f"/tasks/{item.task}/", "Today"):
        assert words in html


def test_an_action_over_many_tasks_leads_to_all_of_them(auditor):
    action = requeue(7)
    assert re.search(rf'href="{URL}{action.pk}/">\s*Show the 7 tasks', text_of(auditor))
    alone = text_of(auditor, action=action.pk)
    assert all(f"/tasks/{item.task}/" in alone for item in action.items.all())


@pytest.mark.ability(10)
def test_mixed_outcomes_are_counted(auditor):
    action = requeue(2)
    OperatorAction.objects.filter(pk=action.pk).update(outcomes={"done": 2, "progress": 3, "asked": 1})
    assert "2 requeued, 3 in progress, 1 asked to stop" in text_of(auditor)


@pytest.mark.parametrize(
    ("verb", "outcomes", "words"),
    [
        ("run_again", {"done": 1}, "ran again"),
        ("cancel", {"done": 1}, "cancelled"),
        ("cancel", {"asked": 1}, "asked to stop"),
        ("cancel", {"done": 2, "asked": 1}, "cancelled"),
        ("enqueue", {"done": 1}, "enqueued"),
    ],
)
def test_what_was_done_reads_as_a_sentence(auditor, verb, outcomes, words):
    OperatorAction.objects.create(actor="Eva", verb=verb, scope="it", outcomes=outcomes)
    assert f"<strong>Eva</strong> {words}" in " ".join(text_of(auditor).split())


def test_undo_of_many_is_offered_while_one_of_them_has_not_run(auditor):
    action = requeue(5)
    undo = f"/activity/{action.pk}/undo/"
    first, *others = Task.objects.all()
    for task in others:
        Task.objects.filter(pk=task.pk).update(status=Task.COMPLETED, epoch=1)
    assert undo in text_of(auditor)
    perform("cancel", Task.objects.filter(pk=first.pk), "Eva", "what was meant")
    assert undo not in text_of(auditor)


def test_undo_is_offered_while_it_is_possible(auditor):
    action = requeue()
    undo = f"/activity/{action.pk}/undo/"
    assert undo in text_of(auditor)
    auditor.post(undo, {"next": URL})
    html = text_of(auditor)
    assert undo not in html
    assert "undone by auditor" in html
    assert Task.objects.get().status == Task.FAILED


def test_undo_is_not_offered_once_the_task_has_started(auditor):
    action = requeue()
    Task.objects.update(status=Task.PROGRESS, epoch=1)
    assert f"/activity/{action.pk}/undo/" not in text_of(auditor)


def test_undo_is_not_offered_without_the_permission(client):
    signed_in(client, operator("auditor", "view_task", "view_operatoraction"))
    action = requeue()
    assert f"/activity/{action.pk}/undo/" not in text_of(client)


def test_undo_is_offered_for_the_verbs_that_one_may_take_back(client):
    signed_in(client, operator("auditor", "view_task", "view_operatoraction", "cancel_task"))
    requeued = requeue()
    cancelled = perform("cancel", Task.objects.filter(pk=Task.objects.create(task=TASK).pk), "Omar")
    html = text_of(client)
    assert f"/activity/{requeued.pk}/undo/" not in html
    assert f"/activity/{cancelled.pk}/undo/" in html


def test_the_page_needs_its_permission(client):
    signed_in(client, operator("viewer", "view_task"))
    response = client.get(URL)
    assert response.status_code == 403
    assert "django_simple_queue.view_operatoraction" in response.content.decode()


def test_pages_lead_to_older_and_newer_actions_and_lose_none(auditor):
    rows = [
        OperatorAction.objects.create(verb="requeue", actor=f"person-{n}", outcomes={"done": 0}) for n in range(120)
    ]
    seen, query = [], {}
    for _ in range(3):
        response = auditor.get(URL, query)
        page = response.context["page"]
        seen += [entry.action.pk for _, entries in page.days for entry in entries]
        query = {"before": page.older}
    assert seen == [row.pk for row in reversed(rows)]
    assert page.older is None
    back = auditor.get(URL, {"after": page.newer}).context["page"]
    assert [entry.action.pk for _, entries in back.days for entry in entries] == [row.pk for row in rows[69:19:-1]]


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"after": "-1"}, {"action": "1e9"}, {"before": "9" * 40}, {"after": "٣"}]
)
def test_a_broken_link_shows_the_newest_with_a_notice(auditor, query):
    requeue()
    html = text_of(auditor, **query)
    assert "must be a number" in html
    assert "Omar" in html


@pytest.mark.ability(10)
def test_one_person_or_one_kind_can_be_shown(auditor):
    requeue(actor="Omar")
    record("enqueue", Task.objects.all(), "Eva", "x")
    assert "<strong>Eva</strong>" not in text_of(auditor, who="Omar")
    assert "<strong>Omar</strong>" not in text_of(auditor, verb="enqueue")
    assert "Nothing like that was done" in text_of(auditor, who="Nobody")


@pytest.mark.ability(10)
def test_what_somebody_did_outlives_them(auditor):
    eva = operator("eva", superuser=True)
    perform("requeue", Task.objects.filter(pk__in=failed(1)), eva, "x", reason="The gateway is back")
    eva.delete()
    html = text_of(auditor, who="eva")
    assert "<strong>eva</strong>" in html
    assert "The gateway is back" in html


def test_deleted_tasks_stay_in_the_list(auditor):
    requeue()
    Task.objects.all().delete()
    assert "deleted since" in text_of(auditor)


@pytest.mark.parametrize(("gone", "words"), [(2, "2 tasks are not listed any more"), (1, "1 task is not listed any")])
def test_a_list_that_retention_has_shortened_says_so(auditor, gone, words):
    action = requeue(2)
    page = f"{URL}{action.pk}/"
    assert "not listed" not in auditor.get(page).content.decode()
    kept = list(Task.objects.values_list("pk", flat=True)[gone:])
    Task.objects.exclude(pk__in=kept).update(status=Task.FAILED, finished=Now() - timedelta(days=8))
    call_command("prune_tasks", "--older-than", "7", stdout=StringIO())
    html = auditor.get(page).content.decode()
    assert words in html
    assert ", deleted since" not in html
    assert all(f"/tasks/{pk}/" in html for pk in kept)


def test_hostile_text_is_inert(auditor):
    hostile = "<img src=x onerror=alert(1)>\u202e\x1b[31m"
    OperatorAction.objects.create(verb=hostile[:32], actor=hostile, scope=hostile, reason=hostile, undone_by=hostile)
    html = text_of(auditor)
    assert "<img src=x" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html


def test_an_unchanged_list_answers_a_poll_with_304(auditor):
    requeue()
    first = auditor.get(URL, {"live": 1})
    assert auditor.get(URL, {"live": 1}, headers={"HX-PTag": first["HX-PTag"]}).status_code == 304
    requeue()
    assert auditor.get(URL, {"live": 1}, headers={"HX-PTag": first["HX-PTag"]}).status_code == 200


def test_a_full_page_takes_few_queries(auditor):
    for number in range(60):
        requeue(1 + number % 5)
    with few_statements():
        auditor.get(URL)
