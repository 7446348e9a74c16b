"""What the admin shows of tasks: to whom, how much of it, and never as markup."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_simple_queue.admin import readonly
from django_simple_queue.models import Attempt, QueuePause, Task
from django_simple_queue.models.audit import perform
from tests.core.admin import ALL, LIST, page, said
from tests.core.rows import BROKEN, LABELS, PATH, a_task, a_worker, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]
SECRET = "payload-7781"
HOSTILE = "</pre><script>x()</script><img src=x>\"'&{{ 'm'|add:'arked' }}"


def shown(response):
    return [str(task.pk) for task in response.context["cl"].result_list]


@pytest.mark.parametrize("status", LABELS)
def test_a_task_is_looked_at_not_changed(sign_in, status):
    task = a_task(status, args=f'{{"a": "{SECRET}"}}', output=SECRET, error=SECRET, log=SECRET)
    client = sign_in(*ALL)
    text = page(client.get(f"{LIST}{task.pk}/change/"))
    assert text.count(SECRET) == 4
    assert 'name="_save"' not in text
    assert "<textarea" not in text
    assert client.post(f"{LIST}{task.pk}/change/", {"status": 0, "task": "os.system"}).status_code == 403
    assert (status_of(task), Task.objects.get().task) == (status, PATH)


def test_without_the_permission_for_payload_nothing_of_it_is_shown(sign_in):
    task = a_task(Task.FAILED, args=f'{{"a": "{SECRET}"}}', output=SECRET, error=SECRET, log=SECRET)
    Attempt.record(task, Attempt.Outcome.FAILED, type(BROKEN)(SECRET), SECRET)
    client = sign_in("view_task")
    text = page(client.get(f"{LIST}{task.pk}/change/"))
    attempt = page(client.get(f"/admin/django_simple_queue/attempt/{Attempt.objects.get().pk}/change/"))
    history = page(client.get(f"{LIST}{task.pk}/history/"))
    assert SECRET not in text + attempt + history + page(client.get(LIST))
    assert "django_simple_queue.view_task_payload" in text


@pytest.mark.parametrize(("key", "told"), [("order-7", True), ("console:1f0c:77aa", False)])
def test_a_key_that_the_enqueue_form_gave_itself_is_not_shown(sign_in, key, told):
    text = page(sign_in(*ALL).get(f"{LIST}{a_task(idempotency_key=key).pk}/change/"))
    assert (key in text) is told


@pytest.mark.parametrize("path", ["", "{id}/change/", "{id}/history/", "{id}/delete/", "add/"])
@pytest.mark.parametrize("permissions", [(), ("change_task",), ("view_task_payload", "requeue_task", "export_task")])
def test_who_may_not_view_tasks_sees_nothing(sign_in, path, permissions):
    task = a_task(Task.FAILED)
    assert sign_in(*permissions).get(LIST + path.format(id=task.pk)).status_code == 403


def test_the_list_shows_all_states_and_leads_to_the_status_page(sign_in):
    tasks = [a_task(status, error_class="shop.Broken") for status in LABELS]
    response = sign_in("view_task").get(LIST)
    text = page(response)
    assert shown(response) == [str(task.pk) for task in reversed(tasks)]
    for task in tasks:
        assert f'href="{reverse("django_simple_queue:task")}?task_id={task.pk}"' in text
    assert text.count("<small>Broken</small>") == 1


def test_what_a_task_carries_never_becomes_markup(sign_in):
    texts = dict.fromkeys(
        ("args", "output", "error", "log", "task", "queue", "progress_message", "error_class"), HOSTILE
    )
    task = a_task(Task.FAILED, **texts)
    QueuePause.objects.create(queue=HOSTILE, reason="x")
    client = sign_in(*ALL)
    for path in (LIST, f"{LIST}{task.pk}/change/", f"{LIST}{task.pk}/delete/", f"{LIST}?{urlencode({'q': HOSTILE})}"):
        text = page(client.get(path))
        assert "<script>x()" not in text
        assert "<img src=x" not in text
        assert "marked" not in text


def test_adding_leads_to_the_console(sign_in):
    client = sign_in("view_task", "add_task")
    assert f'href="{LIST}add/"' in page(client.get(LIST))
    assert client.get(f"{LIST}add/").url == reverse("simple_queue_dashboard:enqueue")
    assert client.post(f"{LIST}add/", {"task": "os.system"}).status_code == 302
    assert not Task.objects.exists()


def test_nothing_is_added_without_permission_or_console(sign_in, settings):
    client = sign_in("view_task", "change_task")
    assert client.get(f"{LIST}add/").status_code == 403
    client = sign_in("view_task", "add_task")
    settings.ROOT_URLCONF = "tests.core.urls_without_console"
    assert client.get(f"{LIST}add/").status_code == 403
    assert "add/" not in page(client.get(LIST))


def test_without_console_and_status_page_everything_still_shows(sign_in, settings):
    task = a_task(Task.FAILED)
    settings.ROOT_URLCONF = "tests.core.urls_without_console"
    client = sign_in(*ALL)
    assert "Failed" in page(client.get(LIST))
    assert "View on site" not in page(client.get(f"{LIST}{task.pk}/change/"))


def test_a_task_leads_to_its_page_in_the_console(sign_in):
    task = a_task()
    text = page(sign_in("view_task").get(f"{LIST}{task.pk}/change/"))
    assert f'href="{reverse("simple_queue_dashboard:task", args=[task.pk])}"' in text


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("{id}", 1),
        (" {id} ", 1),
        ("SEND_inv", 2),
        (PATH, 2),
        ("shop.tasks.retired", 1),
        ("retired", 0),
        ("", 3),
        ("x", 0),
    ],
)
def test_search_finds_ids_whole_paths_and_parts_of_allowed_paths(sign_in, term, found):
    first, _, _ = a_task(), a_task(), a_task(task="shop.tasks.retired")
    response = sign_in("view_task").get(LIST, {"q": term.format(id=first.pk)})
    assert len(shown(response)) == found


def test_filters_by_status_and_by_every_queue_that_is_known(sign_in):
    a_task(Task.FAILED, queue="mail")
    a_task(queue="odd")
    a_worker(queues="video,  sound")
    QueuePause.objects.create(queue="stopped", reason="x")
    client = sign_in("view_task")
    text = page(client.get(f"{LIST}?queue=odd"))
    for queue in ("default", "mail", "odd", "video", "sound", "stopped"):
        assert f"?queue={queue}" in text
    assert len(shown(client.get(f"{LIST}?queue=mail&status__exact=3"))) == 1
    assert len(shown(client.get(f"{LIST}?queue=mail&status__exact=0"))) == 0


@pytest.mark.parametrize(
    "query", ["o=99", "p=7000", "status__exact=abc", "queue=%00", "q=%00", "created__gte=never", "all="]
)
def test_nonsense_in_the_address_is_no_error(sign_in, query):
    a_task()
    assert sign_in("view_task").get(f"{LIST}?{query}", follow=True).status_code == 200


def test_a_long_list_is_counted_and_paged_no_further_than_the_cap(sign_in, monkeypatch):
    monkeypatch.setattr(readonly, "COUNTED", 150)
    Task.objects.bulk_create(Task(task=PATH) for _ in range(151))
    client = sign_in(*ALL)
    text = page(client.get(LIST))
    assert "150+ Tasks" in text
    assert "?p=4" not in text
    assert "?all=" not in text
    Task.objects.filter(pk=Task.objects.first().pk).delete()
    assert "150 Tasks" in page(client.get(LIST))


def test_a_list_of_big_tasks_reads_none_of_their_texts(sign_in, django_assert_max_num_queries):
    big = "x" * 100_000
    for _ in range(3):
        a_task(Task.FAILED, args=big, output=big, error=big, log=big, frames=big)
    client = sign_in(*ALL)
    with CaptureQueriesContext(connection) as queries:
        page(client.get(LIST))
    assert len(queries) <= 12
    for query in queries:
        for column in ("args", "output", "error", "log", "frames"):
            assert f'"{column}"' not in query["sql"]


def test_a_big_text_is_shown_in_part(sign_in):
    task = a_task(Task.FAILED, output="first" + "x" * 100_000, log="y" * 100_000 + "last")
    text = page(sign_in(*ALL).get(f"{LIST}{task.pk}/change/"))
    assert len(text) < 90_000
    assert "The first 20,000 characters; 80,005 more are not shown." in text
    assert "The last 20,000 characters; 80,004 before them are not shown." in text


@pytest.mark.parametrize("name", ["attempt", "worker", "operatoraction"])
def test_the_history_is_read_only_for_everybody(admin_client, name):
    task = a_task(Task.FAILED)
    Attempt.record(task, Attempt.Outcome.FAILED, BROKEN, "the log")
    perform("requeue", Task.objects.filter(pk=task.pk), "ada")
    model_admin = next(each for model, each in site._registry.items() if model._meta.model_name == name)
    thing = model_admin.model.objects.first()
    home = f"/admin/django_simple_queue/{name}/"
    assert 'name="action"' not in page(admin_client.get(home))
    assert 'name="_save"' not in page(admin_client.get(f"{home}{thing.pk}/change/"))
    for path in ("add/", f"{thing.pk}/delete/"):
        assert admin_client.get(home + path).status_code == 403
    before = model_admin.model.objects.values().get(pk=thing.pk)
    assert admin_client.post(f"{home}{thing.pk}/change/", {"state": "done", "reason": "changed"}).status_code == 403
    assert model_admin.model.objects.values().get(pk=thing.pk) == before


@pytest.mark.parametrize("query", ["output__contains=s", "args__regex=.", "error__gte=a", "log=x", "attempts__error=x"])
def test_an_address_cannot_ask_what_is_in_a_text(sign_in, query):
    a_task(output=SECRET)
    assert sign_in("view_task").get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["task__args__contains=s", "task__error__gte=a", "task__id__contains=0", "error=x"])
def test_an_attempts_address_cannot_ask_what_is_in_a_text_of_its_task(sign_in, query):
    a_task(output=SECRET)
    assert sign_in("view_task").get(f"/admin/django_simple_queue/attempt/?{query}").status_code == 400


def test_operator_actions_need_their_own_permission(sign_in):
    home = "/admin/django_simple_queue/operatoraction/"
    assert sign_in(*ALL).get(home).status_code == 403
    assert sign_in("view_operatoraction").get(home).status_code == 200


@pytest.mark.parametrize("path", ["nonsense", "00000000-0000-0000-0000-000000000000", "%00", "1"])
def test_an_unknown_task_is_said_to_be_unknown(sign_in, path):
    response = sign_in(*ALL).get(f"{LIST}{path}/change/", follow=True)
    assert response.status_code == 200
    assert any("doesn’t exist" in text for text in said(response))


@pytest.mark.parametrize(("query", "order"), [("", "-created"), ("?o=2", "-created"), ("?o=4", "created")])
def test_the_list_is_sorted_only_by_what_an_index_sorts(sign_in, query, order):
    response = sign_in("view_task").get(LIST + query)
    assert response.context["cl"].queryset.query.order_by[0] == order
