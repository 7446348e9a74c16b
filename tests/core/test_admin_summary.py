"""The queue on the admin's index: a few numbers, for whom they are meant, and never in the host's way."""

from __future__ import annotations

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Permission, User
from django.template import engines

from django_simple_queue.admin import TaskAdmin
from django_simple_queue.models import Task, Worker
from django_simple_queue.templatetags import simple_queue_admin
from tests.core.rows import a_task, a_worker

pytestmark = pytest.mark.django_db
INDEX = "/admin/"


@pytest.fixture
def staff(client):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(user)
    return client


def summary(client):
    response = client.get(INDEX)
    assert response.status_code == 200
    return response.content.decode().partition('id="queue-summary"')[2].partition('id="recent-actions-module"')[0]


def test_it_counts_what_waits_runs_and_failed_and_leads_to_the_console(staff):
    for status, count in {Task.QUEUED: 3, Task.PROGRESS: 2, Task.FAILED: 1, Task.COMPLETED: 4}.items():
        for _ in range(count):
            a_task(status)
    shown = summary(staff)
    for status, count in {"queued": 3, "progress": 2, "failed": 1}.items():
        assert f'<a href="/?status={status}">{count}</a>' in shown
    Worker.objects.all().delete()
    assert "No worker is live" in summary(staff)
    a_worker()
    assert "1 worker is live." in summary(staff)


def test_without_the_console_it_leads_to_the_admins_list(staff, settings):
    settings.ROOT_URLCONF = "tests.core.urls_without_console"
    assert f'<a href="/admin/django_simple_queue/task/?status__exact={Task.FAILED}">0</a>' in summary(staff)


def test_counting_ends_at_a_cap(staff, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(simple_queue_admin, "COUNTED", 2)
    for _ in range(4):
        a_task(Task.FAILED)
    with django_assert_max_num_queries(12):
        assert ">2+</a>" in summary(staff)


def test_a_host_may_switch_it_off(staff, settings):
    settings.DJANGO_SIMPLE_QUEUE_ADMIN_SUMMARY = False
    assert summary(staff) == ""


def test_who_may_not_view_tasks_sees_none_of_it(client):
    client.force_login(User.objects.create_user("other", is_staff=True))
    assert summary(client) == ""


def test_the_hosts_own_index_stays(staff, settings, tmp_path):
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "index.html").write_text(
        "{% extends 'admin/base_site.html' %}{% block content %}ours{% endblock %}"
        "{% block sidebar %}theirs{% endblock %}"
    )
    [templates] = settings.TEMPLATES
    settings.TEMPLATES = [{**templates, "DIRS": [tmp_path, *templates["DIRS"]]}]
    engines.__dict__.pop("templates", None)
    page = staff.get(INDEX).content.decode()
    assert "ours" in page
    assert "theirs" in page
    assert "queue-summary" in page


def test_a_site_with_an_index_template_keeps_it():
    other = AdminSite("other")
    other.index_template = "host/index.html"
    TaskAdmin(Task, other)
    assert other.index_template == "host/index.html"
    assert site.index_template == "django_simple_queue/admin_index.html"


def test_admin_and_console_lead_to_each_other(staff):
    task = a_task(Task.FAILED)
    assert (
        f'href="/tasks/{task.pk}/"' in staff.get(f"/admin/django_simple_queue/task/{task.pk}/change/").content.decode()
    )
    assert 'href="/"' in staff.get("/admin/django_simple_queue/task/").content.decode().partition("object-tools")[2]
    there = f"/admin/django_simple_queue/task/{task.pk}/change/"
    assert f'href="{there}"' in staff.get(f"/tasks/{task.pk}/").content.decode()
