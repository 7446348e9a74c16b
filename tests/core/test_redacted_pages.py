"""A secret of a task is in no answer of the status page and of the admin, whoever asks."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from django_simple_queue import payload
from django_simple_queue.models import Attempt, Task
from tests.core.rows import BROKEN, LABELS, PATH, a_task

pytestmark = pytest.mark.django_db

SECRET = 'hunter2 & "more" <7781>'
SPELLINGS = (SECRET, json.dumps(SECRET)[1:-1], "hunter2", "7781")
TEXT = f"before {SECRET} {json.dumps(SECRET)} {SECRET!r} after"
ARGS = json.dumps({"order": {"password": SECRET}, "note": f"use {SECRET}", "kept": "visible"})
UNDECLARED = "Authorization: Bearer tok-99021\npassword=tok-99021 {'api_key': 'tok-99021'}"
EVERYTHING = ("view_task", "view_task_payload")
LIST = "/admin/django_simple_queue/task/"
ATTEMPTS = "/admin/django_simple_queue/attempt/"


def planted(text=TEXT, args=ARGS, status=Task.FAILED, **columns):
    texts = dict.fromkeys(("output", "error", "log"), text)
    message = {"progress": 40, "progress_message": text[:200]}
    task = a_task(status, **{"args": args, **texts, **message, **columns})
    Attempt.record(task, Attempt.Outcome.FAILED, type(BROKEN)(text), text)
    return task


def status_addresses(task):
    page = f"{reverse('django_simple_queue:task')}?task_id={task.pk}"
    return [page, f"{page}&type=json"]


def admin_addresses(task):
    attempt = Attempt.objects.get(task=task)
    return [LIST, f"{LIST}{task.pk}/change/", f"{LIST}{task.pk}/delete/", ATTEMPTS, f"{ATTEMPTS}{attempt.pk}/change/"]


def answers(client, addresses):
    responses = [client.get(address) for address in addresses]
    assert {response.status_code for response in responses} == {200}
    return [response.content.decode() for response in responses]


@pytest.fixture(params=["permitted", "chief", "public"])
def reader(request, client, settings):
    if request.param == "public":
        settings.DJANGO_SIMPLE_QUEUE_PUBLIC_STATUS = True
    else:
        user = User.objects.create_user("ada", is_staff=True, is_superuser=request.param == "chief")
        user.user_permissions.set(Permission.objects.filter(codename__in=(*EVERYTHING, "delete_task")))
        client.force_login(user)
    client.sees_admin = request.param != "public"
    return client


def seen(reader, task):
    return answers(reader, status_addresses(task) + (admin_addresses(task) if reader.sees_admin else []))


@pytest.mark.parametrize("status", [Task.PROGRESS, Task.COMPLETED, Task.FAILED])
def test_a_secret_of_the_arguments_is_nowhere(reader, status):
    if status == Task.PROGRESS and reader.sees_admin:
        texts = answers(reader, status_addresses(task := planted(status=status)) + admin_addresses(task)[:2])
    else:
        texts = seen(reader, planted(status=status))
    for text in texts:
        assert not [spelling for spelling in SPELLINGS if spelling in text]
    assert all("before [redacted]" in text for text in texts[:2])


@pytest.mark.parametrize("status", LABELS)
def test_a_secret_that_nobody_declared_is_nowhere(reader, status):
    task = planted(UNDECLARED, '{"note": "password=tok-99021"}', status)
    addresses = status_addresses(task) + (admin_addresses(task)[:2] if reader.sees_admin else [])
    for text in answers(reader, addresses):
        assert "tok-99021" not in text


def test_the_tasks_own_secret_args_are_nowhere(reader, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"secret_args": ["iban"]}}
    for text in seen(reader, planted("booked AT6119043002", '{"iban": "AT6119043002"}')):
        assert "AT6119043002" not in text


@pytest.mark.parametrize("args", ['{"password": "hunter2', "hunter2", "[" * 100_000 + "hunter2"])
def test_without_readable_arguments_nothing_is_shown(reader, args):
    task = planted("it was hunter2", args)
    for text in seen(reader, task):
        assert "hunter2" not in text
    answer = reader.get(status_addresses(task)[1]).json()
    assert "not valid JSON" in json.loads(answer["args"])
    assert "not valid JSON" in answer["output"]


def test_json_keeps_its_keys_and_types(reader):
    answer = reader.get(status_addresses(planted())[1]).json()
    assert json.loads(answer["args"]) == {
        "order": {"password": "[redacted]"},
        "note": "use [redacted]",
        "kept": "visible",
    }
    assert {name: type(answer[name]) for name in payload.COLUMNS} == dict.fromkeys(payload.COLUMNS, str)
    empty = a_task(args=None)
    answer = reader.get(status_addresses(empty)[1]).json()
    assert {name: answer[name] for name in payload.COLUMNS} == {name: getattr(empty, name) for name in payload.COLUMNS}


@pytest.mark.parametrize("edge", [payload.WINDOW, payload.WINDOW + payload.MARGIN])
@pytest.mark.parametrize("length", [20, 30_000])
def test_a_secret_across_the_edge_of_a_window_is_not_shown(reader, edge, length):
    secret = "".join(f"S{number:06}" for number in range(length))[:length]
    for shown in (1, length // 2, length - 1):
        head, tail = "x" * max(edge - shown, 0) + secret, secret + "x" * max(edge - shown, 0)
        args = json.dumps({"password": secret})
        task = a_task(Task.FAILED, args=args, output=head + "y" * 90_000, error=head, log="y" * 90_000 + tail)
        page, _ = answers(reader, status_addresses(task))
        assert "S0000" not in page


def test_an_attempts_log_that_begins_inside_a_secret_does_not_show_its_rest(admin_client):
    task = a_task(Task.FAILED, args=json.dumps({"password": "S0000001S0000002"}))
    line = "api_key=U0000001U0000002\n"
    for log in ("S0000001S0000002", line):
        for kept in (4, 12, len(log) - 1):
            tail = log[-kept:] + "z" * (Attempt.LOG_TAIL - kept)
            Attempt.objects.all().delete()
            Attempt.record(task, Attempt.Outcome.FAILED, BROKEN, log + tail)
            text = answers(admin_client, admin_addresses(task))[-1]
            assert "zzzz" in text
            assert "000002" not in text


def test_text_from_a_task_cannot_act_on_the_page(reader):
    for text in seen(reader, planted("a\x1b[31mred \u202eevil \x07", '{"a": "\\u202e"}')):
        assert not {"\x1b", "\u202e", "\x07"} & set(text)


def test_signs_that_become_longer_when_they_become_visible_do_not_swell_the_page(reader):
    task = a_task(Task.FAILED, args="{}", output="\u202e" * 90_000, log="\u202e" * 90_000)
    page, _ = answers(reader, status_addresses(task))
    assert len(page) < 120_000
    assert (
        page.count("The first 20,000 characters; 70,000 more") == page.count("The last 20,000 characters; 70,000") == 1
    )
