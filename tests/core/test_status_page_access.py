"""Who may read the status of a task, and that the others learn nothing from the answer."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from django_simple_queue.views import view_task_status
from tests.core.people import a_user
from tests.core.status_page import SECRET, get

pytestmark = pytest.mark.django_db


OUTSIDERS = {
    "inactive": lambda: a_user("view_task", "view_task_payload", is_active=False),
    "not staff": lambda: a_user("view_task", "view_task_payload", is_staff=False),
    "without permission": lambda: a_user(),
    "with another permission": lambda: a_user("change_task", "view_task_payload"),
}


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("parameters", [{}, {"type": "json"}])
def test_an_outsider_learns_nothing_not_even_whether_the_task_exists(rf, task, who, parameters):
    user = OUTSIDERS[who]()
    answers = []
    for task_id in (task.pk, uuid4()):
        request = rf.get("/queue/task", {"task_id": str(task_id), **parameters})
        request.user = user
        answers.append(view_task_status(request))
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert SECRET not in answers[0].content.decode()
    assert "django_simple_queue.view_task" in answers[0].content.decode()


def test_a_stranger_is_led_to_the_login_and_back(client, task):
    for task_id in (task.pk, uuid4(), "nonsense"):
        response = get(client, task_id)
        assert response.status_code == 302
        login, _, query = response.url.partition("?")
        assert client.get(login).status_code == 200
        assert query == f"next=/queue/task%3Ftask_id%3D{task_id}"


def test_a_stranger_that_wants_json_gets_a_sentence(client, task):
    response = get(client, task.pk, type="json")
    assert response.status_code == 403
    assert response.json() == {"error": "Sign in as a staff user with the permission django_simple_queue.view_task."}


def test_where_the_login_url_leads_nowhere_the_admin_signs_in(client, task, settings):
    settings.LOGIN_URL = "/accounts/login/"
    assert get(client, task.pk).url.startswith("/admin/login/?next=")


def test_a_project_without_users_refuses(task):
    request = RequestFactory().get("/queue/task", {"task_id": str(task.pk), "type": "json"})
    assert view_task_status(request).status_code == 403
    request.user = AnonymousUser()
    assert view_task_status(request).status_code == 403


def test_without_the_permission_for_payload_the_texts_are_left_out(client, task):
    client.force_login(a_user("view_task"))
    answer = get(client, task.pk, type="json").json()
    assert [answer[name] for name in ("args", "output", "error", "log")] == [None] * 4
    assert answer["status"] == "Failed"
    page = get(client, task.pk).content.decode()
    assert SECRET not in page
    assert "django_simple_queue.view_task_payload" in page


@pytest.mark.parametrize("public", [True, False])
def test_a_public_status_is_for_everybody(client, task, settings, public):
    settings.DJANGO_SIMPLE_QUEUE_PUBLIC_STATUS = public
    assert (get(client, task.pk).status_code == 200) == public
    assert (get(client, task.pk, type="json").status_code == 200) == public
    assert (SECRET in get(client, task.pk).content.decode()) == public
    assert "/admin/" not in get(client, task.pk).content.decode()


def test_a_public_page_works_where_every_view_needs_a_login(client, task, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    settings.DJANGO_SIMPLE_QUEUE_PUBLIC_STATUS = True
    assert get(client, task.pk).status_code == 200
