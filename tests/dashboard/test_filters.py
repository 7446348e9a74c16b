"""The search box of the list: what is found, by whom, how far, and how it reads in the address."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, shown

pytestmark = pytest.mark.django_db


def test_an_unknown_worker_is_told_in_plain_words(viewer):
    html = unescape(viewer.get("/", {"q": "worker:web-9:1"}, follow=True).content.decode())
    assert "worker “web-9:1”: No such worker is known. Write host:pid as the Workers page shows it" in html


def test_words_of_the_text_become_filters(viewer):
    response = viewer.get("/", {"q": "status:failed task:shop.tasks.send_email no funds"})
    assert response.status_code == 302
    query = QueryDict(response["Location"].partition("?")[2])
    assert query.dict() == {"status": "failed", "task": "shop.tasks.send_email", "q": "no funds"}


def test_a_pasted_id_leads_straight_to_its_task(viewer):
    task = a_task()
    for text in (str(task.pk), task.pk.hex, f" {task.pk} "):
        assert viewer.get("/", {"q": text})["Location"] == f"/tasks/{task.pk}/"


def test_an_unknown_id_is_looked_for_like_any_text(viewer):
    response = viewer.get("/", {"q": str(uuid4())})
    assert response.status_code == 200
    assert b"Nothing matches these filters" in response.content


@pytest.mark.parametrize("text", ["send_em", "SEND_EMAIL", "order_id=20418", '"order_id": 20418', "no funds", "20418"])
def test_text_is_found_in_task_arguments_and_error(viewer, text):
    one = a_task(Task.FAILED, args='{"order_id": 20418}')
    a_task(Task.COMPLETED, task=CHARGE, args="{}")
    assert shown(viewer.get("/", {"q": text}).content.decode()) == [str(one.pk)]


def test_text_is_never_found_inside_a_secret(viewer):
    a_task(args='{"password": "hunter2", "user": "ada"}')
    assert shown(viewer.get("/", {"q": "hunter2"}).content.decode()) == []
    assert len(shown(viewer.get("/", {"q": "ada"}).content.decode())) == 1


def test_who_may_not_see_arguments_cannot_search_them(client):
    a_task(args='{"order_id": 20418}')
    eva = signed_in(client, operator("eva", "view_task"))
    assert shown(eva.get("/", {"q": "20418"}).content.decode()) == []
    assert len(shown(eva.get("/", {"q": "send_email"}).content.decode())) == 1


def test_percent_and_underscore_are_ordinary_characters(viewer):
    a_task(args='{"rate": "5%"}')
    a_task(args='{"rate": "50"}')
    assert len(shown(viewer.get("/", {"q": "5%"}).content.decode())) == 1


def walks_only(monkeypatch, rows):
    """Let a walk end after so many rows, in chunks of two at first."""
    from dashboard.selectors import search

    monkeypatch.setattr(search, "FIRST_CHUNK", 2)
    monkeypatch.setattr(search, "LONGEST_WALK", rows)


def test_a_search_says_how_far_it_came_and_goes_on(viewer, monkeypatch):
    walks_only(monkeypatch, 4)
    wanted = a_task(age=500, args='{"needle": 1}')
    for age in range(10, 60, 10):
        a_task(age=age)
    html = viewer.get("/", {"q": "needle"}).content.decode()
    assert shown(html) == []
    assert "Searched back to" in html
    onward = re.search(r'href="(/[^"]*older=[^"]*)"', html)[1].replace("&amp;", "&")
    assert shown(viewer.get(onward).content.decode()) == [str(wanted.pk)]


def test_each_filter_is_a_chip_that_can_be_taken_away(viewer):
    a_task(Task.FAILED)
    html = viewer.get("/", {"status": "failed", "task": SEND, "time": "1h"}).content.decode()
    assert "<i>finished</i> last hour" in html
    assert 'href="/?status=failed&amp;time=1h" aria-label="Remove filter task' in html


def test_today_begins_at_midnight_of_the_operator(viewer):
    from dashboard.preferences import ZONE_COOKIE

    viewer.cookies[ZONE_COOKIE] = "Pacific/Kiritimati"
    midnight = timezone.now().astimezone(ZoneInfo("Pacific/Kiritimati")).replace(hour=0, minute=0, second=0)
    before, after = (a_task(age=(timezone.now() - midnight).total_seconds() + side) for side in (60, -60))
    assert shown(viewer.get("/?time=today").content.decode()) == [str(after.pk)]
    assert shown(viewer.get("/?time=yesterday").content.decode()) == [str(before.pk)]


def test_error_and_args_search_their_own_field_only(viewer):
    one = a_task(
        Task.FAILED, args='{"order_id": 20418, "note": "no funds"}', error="Timeout: slow", error_class="Timeout"
    )
    two = a_task(Task.FAILED, args='{"order_id": 204180}')
    assert shown(viewer.get("/?error=no+funds").content.decode()) == [str(two.pk)]
    assert shown(viewer.get("/?args=no+funds").content.decode()) == [str(one.pk)]
    assert shown(viewer.get("/?args=order_id%3D20418").content.decode()) == [str(one.pk)]
    assert set(shown(viewer.get("/?args=20418").content.decode())) == {str(one.pk), str(two.pk)}


def test_args_and_error_texts_need_the_permission_to_see_them(client):
    a_task(Task.FAILED, args='{"order_id": 20418}')
    eva = signed_in(client, operator("eva", "view_task"))
    assert shown(eva.get("/?args=20418").content.decode()) == []
    assert shown(eva.get("/?error=no+funds").content.decode()) == []
    assert len(shown(eva.get("/?error=CardDeclined").content.decode())) == 1


def test_a_token_gives_the_address_and_the_rows_of_its_select(viewer):
    worker = a_worker(host="web-1", pid=4711)
    kept = a_task(Task.FAILED, queue="mail", worker=worker.pk, attempt=2)
    a_task(Task.FAILED, queue="mail")
    selects = {"status": "failed", "queue": "mail", "worker": str(worker.pk), "attempt": ">1", "time": "24h"}
    typed = "status:failed queue:mail worker:web-1:4711 attempt:>1 time:24h"
    address = viewer.get("/", {"q": typed})["Location"]
    assert QueryDict(address.partition("?")[2]).dict() == selects
    assert (
        shown(viewer.get(address).content.decode())
        == shown(viewer.get("/", selects).content.decode())
        == [str(kept.pk)]
    )


def test_a_rare_filter_is_walked_to_and_the_pages_join_without_gap(viewer, monkeypatch):
    from dashboard.selectors import search

    monkeypatch.setattr(search, "FIRST_CHUNK", 7)
    monkeypatch.setattr(search, "MOST_CHUNKS", 30)
    monkeypatch.setattr(search.Walk, "rows_in_time", lambda walk, rows, began: 7)
    wanted = [str(a_task(age=number, attempt=4 if number % 3 else 0).pk) for number in range(90) if number % 3]
    for number in range(90):
        a_task(age=number)
    first = viewer.get("/?attempt=4").content.decode()
    onward = re.search(r'href="(/[^"]*older=[^"]*)"', first)[1].replace("&amp;", "&")
    second = viewer.get(onward).content.decode()
    last = re.search(r'href="(/[^"]*older=[^"]*)"', second)[1].replace("&amp;", "&")
    third = viewer.get(last).content.decode()
    assert shown(first) + shown(second) + shown(third) == wanted
    back = re.search(r'href="(/[^"]*newer=[^"]*)"', second)[1].replace("&amp;", "&")
    assert shown(viewer.get(back).content.decode()) == shown(first)


def test_a_walk_that_ran_out_of_time_says_where_it_stopped(viewer, monkeypatch):
    from dashboard.selectors import search

    monkeypatch.setattr(search, "SECONDS_WITHOUT_TEXT", 0)
    walks_only(monkeypatch, 4)
    a_task(age=300, worker=(worker := a_worker()).pk)
    for age in (10, 20, 30):
        a_task(age=age)
    html = viewer.get(f"/?worker={worker.pk}").content.decode()
    assert "Searched back to" in html
    assert "Search older tasks" in html


def suggested(viewer, text, **more):
    html = viewer.get("/tasks/suggestions/", {"q": text, **more}).content.decode()
    return [unescape(value) for value in re.findall(r'data-value="([^"]*)"', html)]


def test_the_box_proposes_keys_then_values_that_are_known(viewer, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"queue": "mail"}, CHARGE: {}}
    a_worker(host="web-1", pid=4711)
    a_task(Task.FAILED, args='{"order_id": 7, "note": "two words"}')
    assert suggested(viewer, "que") == ["queue:", "status:queued"]
    assert suggested(viewer, "status:failed wor") == ["worker:"]
    assert suggested(viewer, "status:fa") == ["status:failed"]
    assert suggested(viewer, "queue:") == ["queue:default", "queue:mail"]
    assert suggested(viewer, "task:send") == [f"task:{SEND}"]
    assert suggested(viewer, "charge") == [f"task:{CHARGE}"]
    assert suggested(viewer, "worker:web") == ["worker:web-1:4711"]
    assert suggested(viewer, "error:") == ["error:CardDeclined"]
    assert suggested(viewer, "args:order") == ["args:order_id=7"]
    assert suggested(viewer, "args:note") == ['args:"note=two words"']
    assert suggested(viewer, "nothing of the kind") == suggested(viewer, "args:zzz") == []


def test_proposals_never_hold_a_secret_nor_arguments_without_the_permission(viewer, client):
    a_task(args='{"password": "hunter2", "order_id": 7}')
    assert suggested(viewer, "args:") == ["args:order_id=7"]
    assert suggested(viewer, "args:password") == suggested(viewer, "args:hunter") == []
    eva = signed_in(client, operator("eva", "view_task"))
    assert suggested(eva, "args:") == []
    assert "args:" not in suggested(eva, "")
