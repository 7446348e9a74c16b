"""Undo beside one task takes back that one; the Undo of an action takes back what is left of it, and says how many."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from dashboard.undo_words import not_undone
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import perform, record
from tests.dashboard.answers import said, text_of
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, page, row_of, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def many():
    return [a_task(Task.FAILED, task=CHARGE) for _ in range(30)]


@pytest.fixture
def omar():
    return signed_in(Client(), operator("omar", superuser=True))


def requeue(client, tasks):
    return client.post("/tasks/requeue/", {"ids": [str(task.pk) for task in tasks], "next": "/"}, follow=True)


def undo(client, task):
    return client.post(f"/tasks/{task.pk}/undo/", {"next": "/", "of": OperatorAction.objects.latest("pk").pk})


def whole():
    return f"/activity/{OperatorAction.objects.earliest('pk').pk}/undo/"


def queued(tasks):
    return [task for task in tasks if status_of(task) == Task.QUEUED]


@pytest.mark.ability(1)
def test_undo_beside_one_of_thirty_takes_back_that_one_and_the_rest_can_follow(ada, many):
    assert "Undo 30" in text_of(requeue(ada, many))
    one = many[7]
    assert said(undo(ada, one)) == f"Undone: charge_invoice {str(one.pk)[-8:]} is as before."
    assert queued(many) == [task for task in many if task != one]
    assert said(ada.post(whole())) == "Undone: 29 tasks are as before."
    assert queued(many) == []
    assert said(ada.post(whole())) == "Undone already by you. Nothing done."


def test_an_undo_that_would_come_too_late_for_all_is_not_offered(ada, many):
    def offered():
        pages = "/activity/", whole().replace("undo/", "")
        return [f'action="{whole()}"' in ada.get(address).content.decode() for address in pages]

    requeue(ada, many)
    assert offered() == [True, True]
    Task.objects.update(status=Task.PROGRESS, epoch=F("epoch") + 1)
    assert offered() == [False, False]
    assert said(ada.post(whole())) == "Too late to undo: they have started, or were changed since. Nothing done."
    assert offered() == [False, False]


def test_who_undid_it_may_be_several_or_unknown():
    assert not_undone(timezone.now(), "omar, lea") == "Undone already by omar, lea. Nothing done."
    assert not_undone(timezone.now(), "") == "Undone already by somebody. Nothing done."


def test_activity_says_that_a_part_is_undone_and_offers_the_rest(ada, many):
    requeue(ada, many)
    undo(ada, many[0])
    html = text_of(ada.get("/activity/"))
    assert "1 of 30 undone by ada" in html
    assert "Undo 29" in html
    html = text_of(ada.get(whole().replace("undo/", "")))
    assert "Undone 1 of 30 undone by ada" in html
    assert "Undo 29" in html


def test_the_row_that_was_undone_says_so_and_the_others_still_offer_it(ada, many):
    requeue(ada, many)
    undo(ada, many[0])
    html = page(ada, "status=failed&rows=100")
    assert "Requeued by you, undone" in row_of(html, many[0])
    assert f"/tasks/{many[0].pk}/undo/" not in row_of(html, many[0])
    assert f"/tasks/{many[1].pk}/undo/" in row_of(html, many[1])


def test_the_page_of_a_task_undoes_that_task_and_tells_of_it_there_only(ada, many):
    requeue(ada, many)
    html = ada.get(f"/tasks/{many[3].pk}/").content.decode()
    assert f'action="/tasks/{many[3].pk}/undo/"' in html
    assert whole() not in html
    undo(ada, many[3])
    assert "undone by ada" in text_of(ada.get(f"/tasks/{many[3].pk}/"))
    other = ada.get(f"/tasks/{many[4].pk}/")
    assert "undone by" not in text_of(other)
    assert f'action="/tasks/{many[4].pk}/undo/"' in other.content.decode()


def test_a_second_operator_finds_it_undone_already(ada, omar, many):
    requeue(ada, many)
    undo(omar, many[0])
    assert said(undo(ada, many[0])) == "Undone already by omar. Nothing done."
    assert len(queued(many)) == 29


@pytest.mark.parametrize("where", ["/?status=failed", "/tasks/{}/"])
def test_undo_takes_back_what_its_page_showed_and_nothing_that_came_later(ada, omar, where):
    task = a_task(Task.FAILED)
    requeue(ada, [task])
    shown = re.search(r'name="of" value="(\d+)"', ada.get(where.format(task.pk)).content.decode())
    omar.post(f"/tasks/{task.pk}/cancel/")
    OperatorAction.objects.filter(verb="cancel").update(created=timezone.now() - timedelta(seconds=4))
    answer = ada.post(f"/tasks/{task.pk}/undo/", {"of": shown[1]})
    assert re.fullmatch(r"omar cancelled this [45] s ago\. Nothing done\.", said(answer))
    assert status_of(task) == Task.CANCELLED


def test_an_action_that_a_later_one_has_covered_is_not_offered_to_be_undone(ada, omar):
    task = a_task(Task.FAILED)
    for verb in ("requeue", "cancel", "requeue"):
        omar.post(f"/tasks/{task.pk}/{verb}/")
    first, _, last = OperatorAction.objects.order_by("pk")
    html = ada.get("/activity/").content.decode()
    assert (f"/activity/{first.pk}/undo/" in html, f"/activity/{last.pk}/undo/" in html) == (False, True)


@pytest.mark.parametrize(
    ("cancelled", "told"),
    [
        (1, "Undone 28; 1 was cancelled by omar since, 1 had already started."),
        (3, "Undone 26; 3 were cancelled by omar since, 1 had already started."),
        (29, "Too late to undo: 29 were cancelled by omar since, 1 had already started. Nothing done."),
    ],
)
def test_undo_of_the_whole_says_who_has_acted_later_on_how_many(ada, omar, many, cancelled, told):
    requeue(ada, many)
    omar.post("/tasks/cancel/", {"ids": [str(task.pk) for task in many[1 : cancelled + 1]]})
    Task.objects.filter(pk=many[0].pk).update(status=Task.PROGRESS, epoch=7)
    assert said(ada.post(whole())) == told


@pytest.mark.parametrize(("verb", "done"), [("cancel", "cancelled"), ("edit", "edited and enqueued anew")])
def test_undo_of_the_whole_names_nobody_to_themselves(ada, many, verb, done):
    requeue(ada, many)
    record(verb, Task.objects.filter(pk=many[0].pk), OperatorAction.objects.get().actor)
    assert said(ada.post(whole())) == f"Undone 29; 1 was {done} by you since."


def test_what_somebody_did_later_and_took_back_is_no_deed_of_theirs(ada, omar, many):
    requeue(ada, many)
    omar.post(f"/tasks/{many[0].pk}/cancel/")
    omar.post(f"/activity/{OperatorAction.objects.latest('pk').pk}/undo/")
    assert said(ada.post(whole())) == "Undone 29; 1 was changed since."


def test_undo_of_a_whole_that_is_one_task_says_who_was_first(ada, omar):
    task = a_task(Task.FAILED)
    requeue(ada, [task])
    omar.post(f"/tasks/{task.pk}/cancel/")
    assert re.fullmatch(r"omar cancelled this \d+ s ago\. Nothing done\.", said(ada.post(whole())))


@pytest.mark.parametrize("of", ["", "x", "999999", "9" * 30])
def test_undo_of_no_action_over_the_task_changes_nothing(ada, many, of):
    requeue(ada, many)
    assert "nothing to undo" in said(ada.post(f"/tasks/{many[0].pk}/undo/", {"of": of}))
    assert len(queued(many)) == 30


@pytest.mark.parametrize(("held", "status"), [((), 403), (("requeue_task",), 302)])
def test_it_needs_the_permission_of_the_verb(ada, many, held, status):
    requeue(ada, many)
    eva = signed_in(Client(), operator("eva", "view_task", *held))
    assert undo(eva, many[0]).status_code == status
    assert len(queued(many)) == (29 if held else 30)


def test_what_another_task_of_the_action_demands_does_not_matter(ada, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {}, CHARGE: {"permission": "auth.change_user"}}
    mine, theirs = a_task(Task.FAILED, task=SEND), a_task(Task.FAILED, task=CHARGE)
    requeue(ada, [mine, theirs])
    eva = signed_in(Client(), operator("eva", "view_task", "requeue_task"))
    assert undo(eva, theirs).status_code == 403
    assert eva.post(whole()).status_code == 403
    assert undo(eva, mine).status_code == 302
    assert queued([mine, theirs]) == [theirs]


def test_who_undid_it_is_shown_as_they_are_and_code_is_called_the_same_everywhere(ada, many):
    action = perform("requeue", Task.objects.filter(pk=many[0].pk))
    OperatorAction.objects.filter(pk=action.pk).update(undone=timezone.now(), undone_by="om\u202ear")
    for address in (f"/tasks/{many[0].pk}/", "/activity/"):
        html = ada.get(address).content.decode()
        assert "Application code" in html
        assert "\u202e" not in html
