"""Signing in and out: from where one was led there, back to it, and never to another site."""

from __future__ import annotations

import pytest

from tests.dashboard.people import operator, signed_in
from tests.dashboard.routes import HTMX

pytestmark = pytest.mark.django_db


def test_an_anonymous_page_comes_back_after_signing_in(client):
    operator("ada", "view_task")
    login = client.get("/?status=failed")["Location"]
    assert login == "/login/?next=%2F%3Fstatus%3Dfailed"
    response = client.post(login, {"username": "ada", "password": "ada", "next": "/?status=failed"})
    assert response["Location"] == "/?status=failed"


def test_an_anonymous_fragment_leads_its_whole_page_to_the_login(client):
    headers = {**HTMX, "HX-Current-URL": "http://testserver/?status=failed"}
    response = client.get("/?status=failed&live=1&top=x", headers=headers)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/login/?next=%2F%3Fstatus%3Dfailed&ended=1"
    assert response.content == b""
    assert b"Your session has ended, and nothing was done since." in client.get(response["HX-Redirect"]).content


def test_a_login_page_of_the_host_is_told_no_more_than_it_knows(client, settings):
    settings.LOGIN_URL = "/sign-in/"
    response = client.get("/?live=1", headers={**HTMX, "HX-Current-URL": "http://testserver/"})
    assert response["HX-Redirect"] == "/sign-in/?next=%2F"


def test_signing_in_never_leads_to_another_site(client):
    operator("ada", "view_task")
    response = client.post("/login/?next=//evil.example/", {"username": "ada", "password": "ada"})
    assert response["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_stays(client):
    response = client.post("/login/", {"username": "ada", "password": "no"})
    assert response.status_code == 200
    assert b'value="ada"' in response.content
    assert b"sign-in-error" in response.content


def test_signing_out(client):
    signed_in(client, operator("ada", "view_task"))
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302
