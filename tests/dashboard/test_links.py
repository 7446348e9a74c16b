"""Links of the host project on a task's page, and the address of that page for the host project."""

from __future__ import annotations

import re

import pytest
from django.core.checks import run_checks
from django.db import connection

from dashboard import get_dashboard_url
from dashboard.links import is_safe
from dashboard.views import filter_bar
from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task

pytestmark = pytest.mark.django_db
HERE = "tests.dashboard.test_links."


def order(task):
    return "Order <7>", f"/orders/{task.arguments['order_id']}/"


def several(task):
    return [("Trace", "https://trace.example/x?a=1&b=2"), ("Logs", "http://logs.example/")]


def nothing(task):
    return None


def broken(task):
    raise RuntimeError("the wiki is down")


def bad_query(task):
    connection.cursor().execute("SELECT nothing FROM nowhere")


def malicious(task):
    return "Click", "javascript:alert(1)"


def address_alone(task):
    return "https://trace.example/x"


def three_things(task):
    return "Trace", "https://trace.example/x", "new window"


@pytest.fixture
def page(client, settings):
    signed_in(client, operator("chief", superuser=True))

    def read(*names):
        settings.DJANGO_SIMPLE_QUEUE_DASHBOARD_LINKS = [f"{HERE}{name}" for name in names]
        return client.get(get_dashboard_url(a_task(Task.COMPLETED))).content.decode()

    return read


def test_every_link_of_every_function_is_shown(page):
    html = page("order", "several", "nothing")
    assert 'href="/orders/7/"' in html
    assert "Order &lt;7&gt;" in html
    assert 'href="https://trace.example/x?a=1&amp;b=2"' in html
    assert "http://logs.example/" in html
    assert "failed; the server" not in html


@pytest.mark.parametrize("name", ["broken", "bad_query", "malicious"])
def test_a_function_that_fails_is_logged_and_the_page_stands(page, caplog, name):
    html = page(name, "several")
    assert "https://trace.example/" in html
    assert "1 link of this site failed" in html
    assert "javascript:" not in html
    assert f"{HERE}{name} of DJANGO_SIMPLE_QUEUE_DASHBOARD_LINKS failed" in caplog.text


@pytest.mark.parametrize("name", ["address_alone", "three_things"])
def test_what_is_no_label_with_an_address_is_quoted_in_the_log(page, caplog, name):
    assert "1 link of this site failed" in page(name)
    assert re.search(r"'https://trace.example/x'.* is not \(label, url\)\.", caplog.text)


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "x/y",
        "",
        " /x",
        "/a\nb",
    ],
)
def test_an_address_that_is_no_link_is_refused(url):
    assert not is_safe(url)


@pytest.mark.parametrize("url", ["/", "/x?y=1#z", "https://a.example", "HTTP://a.example/b"])
def test_an_address_of_a_page_is_a_link(url):
    assert is_safe(url)


@pytest.mark.parametrize("path", [f"{HERE}missing", "no.such.module", f"{HERE}HERE"])
def test_a_function_that_cannot_be_imported_is_a_check_error(settings, path):
    settings.DJANGO_SIMPLE_QUEUE_DASHBOARD_LINKS = [path]
    [found] = [each for each in run_checks() if each.id == "simple_queue_dashboard.E004"]
    assert path in found.msg


def test_the_address_of_a_task_is_the_same_by_task_and_by_id():
    task = a_task()
    assert (
        get_dashboard_url(task) == get_dashboard_url(task.pk) == get_dashboard_url(str(task.pk)) == f"/tasks/{task.pk}/"
    )


def test_a_filter_of_a_cell_is_linked_wherever_the_console_is_mounted(rf):
    request = rf.get("/évé/", {"status": "failed"})
    assert filter_bar.prefix(request, "task") == "?status=failed&task="
    assert filter_bar.query_of(request) == "?status=failed"
