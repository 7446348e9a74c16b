"""The enqueue page: what it offers, what it refuses and in which words, and that a form makes one task."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.urls import reverse

from django_simple_queue.models import OperatorAction, OperatorActionItem, Task
from tests.dashboard.counting import few_statements
from tests.dashboard.enqueueing import CHARGE, SHOP
from tests.dashboard.people import operator, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_allowed")]
URL = "/enqueue/"


def address(task=CHARGE):
    return f"{URL}?task={task}"


def fields(args='{"invoice_id": 7}', **others):
    return {"args": args, "token": str(uuid4())} | others


def submit(client, args='{"invoice_id": 7}', task=CHARGE, **others):
    return client.post(address(task), fields(args, **others))


def refusal(response):
    """The text of a page that refused a form; nothing may have been enqueued."""
    assert response.status_code == 422
    assert not Task.objects.exists()
    assert not OperatorAction.objects.exists()
    return response.content.decode()


def test_a_valid_form_enqueues_one_task_and_writes_it_down(clerk):
    response = submit(clerk)
    task = Task.objects.get()
    assert response["Location"] == reverse("simple_queue_dashboard:task", args=[task.pk])
    assert (task.task, task.arguments, task.queue, task.max_attempts) == (CHARGE, {"invoice_id": 7}, "payments", 3)
    assert task.created_by == "clerk"
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor, action.done) == ("enqueue", "clerk", 1)
    assert OperatorActionItem.objects.get().task == task.pk


def test_options_reach_the_task(clerk):
    options = {"queue": "slow", "priority": "-5", "run_after": "2031-02-03T04:05", "max_attempts": "2", "timeout": "60"}
    submit(clerk, **options)
    task = Task.objects.get()
    assert (task.queue, task.priority, task.max_attempts, task.timeout) == ("slow", -5, 2, 60)
    assert task.run_after == datetime(2031, 2, 3, 4, 5, tzinfo=UTC)


def test_the_zone_of_run_after_is_named_and_meant(clerk, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    assert "Asia/Tokyo" in clerk.get(address()).content.decode()
    submit(clerk, run_after="2031-02-03T04:05")
    assert Task.objects.get().run_after == datetime(2031, 2, 2, 19, 5, tzinfo=UTC)


@pytest.mark.ability(3)
def test_a_form_sent_twice_makes_one_task(clerk):
    sent = fields()
    places = {clerk.post(address(), sent)["Location"] for _ in range(3)}
    assert Task.objects.count() == OperatorAction.objects.count() == len(places) == 1


def test_a_form_that_was_changed_after_going_back_makes_another_task(clerk):
    sent = fields()
    clerk.post(address(), sent)
    clerk.post(address(), sent | {"args": '{"invoice_id": 8}'})
    clerk.post(address(), sent | {"priority": "3"})
    assert Task.objects.count() == 3


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ('{"invoice_id": 7,\n "amount": }', "Line 2, column 12: a value is missing before “}”"),
        ('{"invoice_id" 7}', "Line 1, column 15: a colon is missing"),
        ('{"invoice_id": 7} x', "Line 1, column 19: the value has ended already"),
        ("{'invoice_id': 7}", "Line 1, column 2: a name in double quotes is missing"),
        ('{"invoice_id": "7', "this text has no closing quotation mark"),
        ("[7]", "not a list"),
        ("7", "not a number"),
        ("null", "not null"),
        ("", "invoice_id is missing: whole number"),
        ("{}", "invoice_id is missing: whole number"),
        ('{"invoice_id": 7, "colour": 1}', "colour is not a parameter of charge; it takes invoice_id, amount, card"),
        ('{"invoice_id": "7"}', "invoice_id must be: whole number. It is"),
        ('{"invoice_id": true}', "invoice_id must be: whole number. It is true"),
        ('{"invoice_id": 7, "card": []}', "card must be: object or empty. It is []"),
        ('{"invoice_id": NaN}', "NaN is not a JSON number"),
        ('{"invoice_id": 1, "invoice_id": 2}', "The name “invoice_id” appears twice"),
        ('{"invoice_id": ' + "[" * 20_000, "nested too deeply"),
        ('{"invoice_id": ' + "9" * 5_000 + "}", "digits"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_where_they_stand(clerk, args, words):
    html = refusal(submit(clerk, args))
    assert words in html.replace("&quot;", '"').replace("&#x27;", "'")
    assert 'aria-invalid="true"' in html
    assert "Nothing was enqueued" in html


def test_what_was_typed_stays(clerk):
    html = refusal(submit(clerk, '{"typed": "a </textarea> & b', queue="mine", priority="seven"))
    assert "{&quot;typed&quot;: &quot;a &lt;/textarea&gt; &amp; b" in html
    assert 'value="mine"' in html
    assert 'value="seven"' in html


def test_arguments_that_are_too_large_are_refused_with_both_sizes(clerk, settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_ARGS_SIZE = 1000
    args = json.dumps({"invoice_id": 7, "card": {"a": "x" * 2000}})
    html = refusal(submit(clerk, args))
    assert "1,000 of DJANGO_SIMPLE_QUEUE_MAX_ARGS_SIZE" in html
    assert f"{len(args):,} bytes" in html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("priority", "101"),
        ("priority", "x"),
        ("max_attempts", "0"),
        ("timeout", "-1"),
        ("run_after", "soon"),
        ("run_after", "0001-01-01T00:00"),
        ("run_after", "9999-12-31T23:59"),
        ("queue", "q" * 65),
        ("token", "not-a-uuid"),
        ("token", ""),
    ],
)
def test_options_out_of_range_are_refused_at_their_field(clerk, field, value):
    refusal(submit(clerk, **{field: value}))


def test_a_queue_that_no_database_stores_is_refused(clerk):
    refusal(submit(clerk, queue="nul\x00"))


def test_without_an_allowlist_nothing_is_offered_and_it_says_why(clerk, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    html = clerk.get(URL).content.decode()
    assert "no allowlist" in html
    assert "DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS" in html
    assert submit(clerk).status_code == 404
    assert not Task.objects.exists()


def test_a_task_outside_the_allowlist_cannot_be_enqueued(clerk):
    assert clerk.get(address("os.system")).status_code == 404
    assert submit(clerk, '{"command": "true"}', "os.system").status_code == 404
    assert not Task.objects.exists()


def test_the_page_needs_add_task(client):
    signed_in(client, operator("viewer", "view_task"))
    assert client.get(URL).status_code == submit(client).status_code == 403
    assert not Task.objects.exists()


def test_a_task_may_demand_a_permission_of_its_own(clerk, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"permission": "auth.delete_user"}, f"{SHOP}.send": {}}
    assert "charge" not in clerk.get(URL).content.decode()
    response = submit(clerk)
    assert response.status_code == 403
    assert "auth.delete_user" in response.content.decode()
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("name", "cause"),
    [("gone", "ImportError"), ("not_callable", "not a callable"), ("by_position", "can only be passed by position")],
)
def test_a_task_that_cannot_be_called_is_shown_with_the_cause(clerk, name, cause):
    html = clerk.get(address(f"{SHOP}.{name}")).content.decode()
    assert "This task cannot be called" in html
    assert cause in html
    assert "<textarea" not in html
    assert submit(clerk, "{}", f"{SHOP}.{name}").status_code == 422
    assert not Task.objects.exists()


def test_the_list_is_searched_by_the_server(clerk):
    html = clerk.get(URL, {"q": "charge INVOICE"}).content.decode()
    assert "task=tests.dashboard.shop.charge" in html
    assert "task=tests.dashboard.shop.send" not in html
    assert "No task has" in clerk.get(URL, {"q": "zzz<b>"}).content.decode()


def test_a_task_without_parameters_is_enqueued_with_nothing(clerk):
    submit(clerk, "{}", f"{SHOP}.nothing")
    assert Task.objects.get().arguments == {}


@pytest.mark.parametrize("path", [URL, address()])
def test_the_page_takes_few_queries(clerk, path):
    with few_statements():
        clerk.get(path)
