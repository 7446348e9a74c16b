"""Choices of a browser: one that does not exist is refused in the console's own words, and changes nothing."""

from __future__ import annotations

import pytest

from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client):
    return signed_in(client, operator("ada", "view_task"))


@pytest.mark.parametrize("zone", ["Factory", "localtime"])
def test_a_zone_that_no_browser_knows_is_no_choice(viewer, zone):
    assert viewer.post("/preferences/", {"zone": zone}).status_code == 400


@pytest.mark.parametrize(
    ("name", "label"),
    [("zone", "Time zone"), ("theme", "Theme"), ("keys", "Single-key shortcuts"), ("every", "Updates")],
)
def test_what_is_no_choice_is_said_on_the_page_itself(viewer, name, label):
    response = viewer.post("/preferences/", {"theme": "dark", name: "<b>?", "next": "/workers/"})
    assert (response.status_code, set(response.cookies)) == (400, {"csrftoken"})
    html = response.content.decode()
    assert f"“&lt;b&gt;?” is not among the choices for: {label}." in html
    assert '<option value="dark"' in html
    assert 'name="next" value="/workers/"' in html
