"""What was typed before one has signed in again, in another tab, is not refused for the token of its old page."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from django_simple_queue.models import Task
from tests.dashboard.enqueueing import inputs, text
from tests.dashboard.people import operator
from tests.dashboard.routes import HTMX
from tests.dashboard.test_typed_is_kept import ADDRESS, BACK, TYPED, hidden

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]


def token(page):
    return {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="([^"]+)"', text(page))[1]}


def sign_in_with(browser, page, name="ada"):
    return browser.post("/login/", hidden(page) | token(page) | {"username": name, "password": name})


@pytest.fixture(autouse=True, params=[False, True], ids=["token in a cookie", "token in the session"])
def kept_in(request, settings):
    settings.CSRF_USE_SESSIONS = request.param


@pytest.fixture
def browser():
    operator("ada", "view_task", "add_task")
    browser = Client(enforce_csrf_checks=True)
    sign_in_with(browser, browser.get("/login/"))
    return browser


@pytest.fixture
def form(browser):
    """What is sent from a page whose session has ended since."""
    page = browser.get(ADDRESS)
    Session.objects.all().delete()
    return TYPED | token(page) | {"typed_by": hidden(page)["typed_by"]}


def test_who_has_signed_in_meanwhile_goes_on(browser, form):
    sign_in_with(browser, browser.get("/login/"))
    resumed = browser.post(ADDRESS, form)
    assert (resumed.status_code, hidden(resumed)) == (403, TYPED | BACK)
    again = browser.post(ADDRESS, hidden(resumed) | token(resumed))
    assert (again.status_code, inputs(text(again))["a.order"]) == (200, "seven")
    assert not Task.objects.exists()


def test_who_has_not_signs_in_first(browser, form):
    resumed = sign_in_with(browser, browser.post(ADDRESS, form))
    assert hidden(resumed) == TYPED | BACK
    assert browser.post(ADDRESS, hidden(resumed) | token(resumed)).status_code == 200


def test_a_preview_leaves_the_page_as_it_is(browser, form):
    sign_in_with(browser, browser.get("/login/"))
    response = browser.post(ADDRESS, form | {"do": "preview"}, headers=HTMX)
    assert "What you typed stays here" in text(response)
    assert response["HX-Retarget"] == "#outcome"


@pytest.mark.parametrize("way", ["another user", "another site", "resumed before"])
def test_everybody_else_is_refused_as_ever(browser, form, way):
    operator("omar", "view_task", "add_task")
    sign_in_with(browser, browser.get("/login/"), "omar" if way == "another user" else "ada")
    headers = {"Origin": "https://evil.example"} if way == "another site" else {}
    response = browser.post(ADDRESS, form | (BACK if way == "resumed before" else {}), headers=headers)
    assert response.status_code == 403
    assert "This form is too old" in text(response)
    assert TYPED["a.order"] not in text(response)


def test_with_its_token_it_is_enqueued_and_without_one_never(browser):
    page = browser.get(ADDRESS)
    valid = {"a.to": "Eva", "a.order": "7", "token": TYPED["token"], "typed_by": hidden(page)["typed_by"]}
    for wrong in ({}, {"csrfmiddlewaretoken": "x"}):
        assert browser.post(ADDRESS, valid | wrong).status_code == 403
    assert not Task.objects.exists()
    browser.post(ADDRESS, valid | token(page))
    assert Task.objects.count() == 1
