"""A session that ends while somebody fills in the enqueue form costs nothing that was typed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest

from dashboard import typed as kept
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.enqueueing import SECRET, SHIP, inputs, text
from tests.dashboard.people import operator
from tests.dashboard.routes import HTMX

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
ADDRESS = f"/enqueue/?task={SHIP}"
TYPED = {"a.to": "Eva <b>\r\nHall", "a.order": "seven", "a.token": SECRET, "queue": "mail", "token": str(uuid4())}
BACK = {"do": "preview", "resumed": "yes"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
AREAS = re.compile(r'<textarea hidden name="([^"]+)">\n(.*?)</textarea>', re.DOTALL)


def hidden(response):
    html = response.content.decode()
    found = [*HIDDEN.findall(html), *AREAS.findall(html)]
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def sign_in(client, page, name="ada", password=""):
    return client.post("/login/", hidden(page) | {"username": name, "password": password or name})


@pytest.fixture
def reader():
    return {"typed_by": str(operator("ada", "view_task", "add_task").pk)}


@pytest.fixture
def login(client, reader):
    return client.post(ADDRESS, TYPED | reader | {"do": ""})


def test_the_login_page_stands_in_the_forms_place(login):
    assert login.status_code == 403
    assert "no-store" in login["Cache-Control"]
    assert 'action="/login/"' in text(login)
    assert hidden(login)["next"] == ADDRESS


def test_what_was_typed_is_back_after_signing_in_and_nothing_was_enqueued(client, login):
    resumed = sign_in(client, login)
    assert f'action="{ADDRESS}"' in text(resumed)
    form = client.post(ADDRESS, hidden(resumed))
    assert form.status_code == 200
    assert inputs(form.content.decode())["a.order"] == "seven"
    assert 'value="mail"' in text(form)
    assert f'name="token" value="{TYPED["token"]}"' in text(form)
    assert not Task.objects.exists()
    assert not OperatorAction.objects.exists()


def test_every_field_comes_back_as_it_was(client, login):
    assert hidden(sign_in(client, login)) == TYPED | BACK


def test_a_wrong_password_costs_nothing_either(client, login):
    again = sign_in(client, login, password="not it")
    assert hidden(sign_in(client, again)) == TYPED | BACK


def test_it_goes_to_nobody_but_who_has_typed_it(client, login):
    operator("omar", "view_task", "add_task")
    assert sign_in(client, login, "omar")["Location"] == ADDRESS


def test_it_is_kept_for_an_hour(client, login, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", timedelta(seconds=-1))
    assert sign_in(client, login)["Location"] == ADDRESS


@pytest.mark.parametrize("who", [{}, {"typed_by": ""}, {"typed_by": "0"}])
def test_where_nobody_knows_whose_it_is_nobody_gets_it(client, reader, who):
    login = client.post(ADDRESS, TYPED | who)
    page = login if login.status_code == 403 else client.get(login["Location"])
    assert sign_in(client, page)["Location"] == ADDRESS


def test_the_form_says_whose_page_it_is(client, reader):
    client.login(username="ada", password="ada")
    assert hidden(client.get(ADDRESS)).items() >= reader.items()


@pytest.mark.parametrize("typed", ["x", "eyJhIjoxfQ:1abc:forged"])
def test_what_this_server_has_not_carried_is_not_taken(client, login, typed):
    response = client.post("/login/", {"username": "ada", "password": "ada", "typed": typed, "next": "/workers/"})
    assert response["Location"] == "/workers/"


@pytest.mark.parametrize("login_url", ["/accounts/login/", "/admin/login/"], ids=["ours", "the host's"])
def test_a_preview_says_it_and_leaves_the_page_as_it_is(client, settings, login_url):
    settings.LOGIN_URL = login_url
    response = client.post(ADDRESS, TYPED | {"do": "preview"}, headers=HTMX)
    assert "HX-Redirect" not in response
    assert "Your session has ended" in text(response)
    assert (response["HX-Retarget"], response["HX-Reselect"]) == ("#outcome", "[data-toast]")


def test_a_login_of_the_host_leads_back_to_the_form(client, settings):
    settings.LOGIN_URL = "/admin/login/"
    response = client.post(ADDRESS, TYPED)
    assert response["Location"] == f"/admin/login/?next=%2Fenqueue%2F%3Ftask%3D{SHIP}"


@pytest.mark.parametrize("address", ["/preferences/", "/workers/queues/pause/"])
def test_any_other_form_leads_back_to_its_page(client, address):
    response = client.post(address, {"reason": "typed", "theme": "dark"})
    assert response["Location"] == f"/login/?next={address.replace('/', '%2F')}"
