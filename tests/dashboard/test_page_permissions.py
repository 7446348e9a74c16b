"""Who may open the pages of one task, enqueueing, workers and activity: every permission on its own."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
CHARGE = "tests.dashboard.shop.charge"
PAGES = {
    "task": ("GET", "/tasks/{pk}/", "view_task"),
    "text": ("GET", "/tasks/{pk}/text/error/", "view_task_payload"),
    "run again": ("POST", "/tasks/{pk}/run-again/", "add_task"),
    "enqueue page": ("GET", f"/enqueue/?task={CHARGE}", "add_task"),
    "enqueue": ("POST", f"/enqueue/?task={CHARGE}", "add_task"),
    "workers": ("GET", "/workers/", "view_task"),
    "named": ("GET", f"/tasks/named/{CHARGE}/", "view_task"),
    "queue": ("GET", "/queues/named/default/", "view_task"),
    "activity": ("GET", "/activity/", "view_operatoraction"),
}
CODENAMES = (
    "view_task add_task change_task delete_task requeue_task cancel_task export_task view_task_payload view_worker "
    "change_worker view_operatoraction"
).split()


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {}}


@pytest.fixture
def task():
    return Task.objects.create(task=CHARGE, status=Task.COMPLETED, args=json.dumps({"invoice_id": 1}), error="x")


def ask(client, name, task):
    method, path, _ = PAGES[name]
    return client.generic(method, path.format(pk=task.pk))


def refused(response):
    return response.status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_let_in_without_signing_in(client, name, task):
    response = ask(client, name, task)
    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert Task.objects.count() == 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("staff", [True, False])
def test_staff_alone_and_permissions_alone_are_not_enough(client, name, task, staff):
    held = [] if staff else CODENAMES
    signed_in(client, operator("somebody", *held, staff=staff))
    assert refused(ask(client, name, task))
    assert Task.objects.count() == 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("codename", CODENAMES)
def test_beside_view_task_exactly_one_permission_opens_a_page(client, name, task, codename):
    signed_in(client, operator("somebody", *{"view_task", codename}))
    needed = PAGES[name][2]
    assert refused(ask(client, name, task)) == (needed not in ("view_task", codename))


@pytest.mark.parametrize("name", PAGES)
def test_view_task_is_needed_beside_every_other_permission(client, name, task):
    signed_in(client, operator("somebody", *[name for name in CODENAMES if name != "view_task"]))
    assert refused(ask(client, name, task))


@pytest.mark.parametrize("name", [name for name, (method, *_) in PAGES.items() if method == "GET"])
def test_a_page_is_not_kept_by_anybody_on_the_way(client, name, task):
    signed_in(client, operator("chief", superuser=True))
    response = ask(client, name, task)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert Task.objects.get(pk=task.pk).modified == task.modified


def test_every_codename_exists():
    known = Permission.objects.filter(content_type__app_label="django_simple_queue")
    assert set(CODENAMES) <= set(known.values_list("codename", flat=True))


@pytest.mark.parametrize("address", ["/", "/?live=1"])
@pytest.mark.parametrize("held", [(), ("add_task",)])
def test_only_who_may_enqueue_is_led_to_the_form(client, held, address):
    html = signed_in(client, operator("eva", "view_task", *held)).get(address).content.decode()
    assert ("Enqueue a first task" in html) is bool(held)
    assert ("/enqueue/" in html) is bool(held)
    if address == "/":
        assert ('data-key="e"' in html) is bool(held)
        assert ("Enqueue a task" in html) is bool(held)
