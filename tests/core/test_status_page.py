"""What the page about one task says, as a page and as JSON."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from django_simple_queue import payload
from django_simple_queue.models import Task
from tests.core.people import a_user
from tests.core.rows import LABELS, a_task
from tests.core.status_page import SECRET, get

pytestmark = pytest.mark.django_db
HOSTILE = "</pre><script>x()</script><img src=x>\"'&{{ 'm'|add:'arked' }}"


@pytest.fixture
def reader(client):
    client.force_login(a_user("view_task", "view_task_payload"))
    return client


SENTENCES = [
    ({}, "Missing task_id parameter."),
    ({"task_id": ""}, "Missing task_id parameter."),
    ({"task_id": "nonsense"}, "Invalid task_id format."),
    ({"task_id": "\x00"}, "Invalid task_id format."),
    ({"task_id": "1; DROP TABLE"}, "Invalid task_id format."),
    ({"task_id": str(uuid4())}, "Task not found."),
]


@pytest.mark.parametrize(("parameters", "sentence"), SENTENCES)
@pytest.mark.parametrize("kind", [{}, {"type": "json"}])
def test_bad_input_gets_a_sentence(reader, parameters, sentence, kind):
    response = get(reader, **parameters, **kind)
    assert (response.status_code, response.content.decode()) == (400, sentence)
    assert response["Content-Type"].startswith("text/plain")


def test_json_has_the_keys_of_the_older_package(reader, task):
    response = get(reader, task.pk, type="json")
    task.refresh_from_db()
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "id": str(task.pk),
        "created": str(task.created),
        "modified": str(task.modified),
        "task": task.task,
        "args": task.args,
        "status": "Failed",
        "output": SECRET,
        "worker_pid": None,
        "error": f"{SECRET}: broken",
        "log": SECRET,
    }


@pytest.mark.parametrize("status", LABELS)
def test_the_page_says_how_the_task_is(reader, status):
    task = a_task(status, progress=40 if status == 1 else None, progress_message="row 4 of 10")
    page = get(reader, task.pk).content.decode()
    assert f'<p class="status is-{status}">' in page
    assert task.get_status_display() in page
    assert str(task.pk) in page
    assert ('value="40"' in page) == (status == 1)


def test_a_task_that_waits_for_its_time_says_when(reader):
    assert "Starts" in get(reader, a_task(due=False, run_after="2030-01-02T03:04:05Z").pk).content.decode()


def test_the_page_leads_to_the_console(reader, task):
    assert f'href="{reverse("simple_queue_dashboard:task", args=[task.pk])}"' in get(reader, task.pk).content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_page_is_only_read(reader, task, method):
    assert getattr(reader, method)(f"/queue/task?task_id={task.pk}").status_code == 405


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, tuple(name for name, _ in attributes)))


def elements(text):
    parser = Elements()
    parser.feed(text)
    return parser.found


def test_what_a_task_carries_never_becomes_markup(reader):
    plain = a_task(Task.PROGRESS, **dict.fromkeys(payload.COLUMNS, "x"), queue="x", progress=1, progress_message="x")
    columns = dict.fromkeys(payload.COLUMNS, HOSTILE)
    hostile = a_task(Task.PROGRESS, **columns, task=HOSTILE[:200], queue=HOSTILE, progress=1, progress_message=HOSTILE)
    page = get(reader, hostile.pk).content.decode()
    assert [tag for tag in elements(page) if tag[0] != "span"] == [
        tag for tag in elements(get(reader, plain.pk).content.decode()) if tag[0] not in ("span", "wbr")
    ]
    assert "marked" not in page


def test_a_big_text_is_shown_in_part_and_never_leaves_the_database_whole(reader, django_assert_max_num_queries):
    big = "first line\n" + "x" * 3_000_000 + "\nlast line"
    task = a_task(Task.FAILED, args=f'{{"a": "{"x" * 100_000}"}}', output=big, error=big, log=big)
    with django_assert_max_num_queries(6):
        page = get(reader, task.pk).content.decode()
    assert len(page) < 120_000
    assert page.count("first line") == 2
    assert "The first 20,000 characters; 80,009 more are not shown." in page
    assert page.count("last line") == 1
    assert "The first 20,000 characters; 2,980,021 more are not shown." in page
    assert "The last 20,000 characters; 2,980,021 before them are not shown." in page


@pytest.mark.parametrize("path", ["?task_id={id}", "?task_id={id}&type=json", "?task_id=nonsense", ""])
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_answer_is_closed_to_caches_frames_and_scripts(client, task, path, signed_in):
    if signed_in:
        client.force_login(a_user("view_task", "view_task_payload"))
    response = client.get("/queue/task" + path.format(id=task.pk))
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("url", "source"), [("static/", "'self'"), ("https://cdn.example.org/s/", "https://cdn.example.org")]
)
def test_the_style_sheet_may_come_from_where_static_files_are(reader, task, settings, url, source):
    settings.STATIC_URL = url
    response = get(reader, task.pk)
    assert response["Content-Security-Policy"].endswith(f"style-src {source}")
    assert re.search(r'<link rel="stylesheet" href="[^"]*django_simple_queue/status.css">', response.content.decode())


def test_a_task_that_is_gone_in_between_is_not_found(reader, task):
    Task.objects.all().delete()
    assert get(reader, task.pk).content == b"Task not found."


def test_an_empty_task_says_so(reader):
    page = get(reader, a_task(args=None, run_after=Now()).pk).content.decode()
    assert "No arguments, no output, no error and no log." in page


def test_a_message_shows_without_a_percentage(client, reader):
    task = a_task(Task.PROGRESS, progress_message="Reading page <4>")
    html = get(client, task.pk).content.decode()
    assert "Reading page &lt;4&gt;" in html
    assert "<progress" not in html
