"""The export of what the list shows: streamed, redacted, safe to open in a spreadsheet, written down."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import models
from django.http import QueryDict

from dashboard import export, filters, scopes
from dashboard.preferences import ZONE_COOKIE
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND, a_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(client):
    return signed_in(client, operator("eva", "view_task", "export_task"))


def download(client, kind="csv", query="", **values):
    response = client.post(f"/export/?{query}", {"format": kind, **values})
    assert response.status_code == 200
    assert response.streaming
    return response, b"".join(response.streaming_content).decode("utf-8-sig")


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.ability(14)
def test_the_file_holds_what_the_filter_matches_newest_first(ada):
    old, new = a_task(Task.FAILED, age=90), a_task(Task.FAILED, age=30)
    a_task(Task.COMPLETED)
    response, text = download(ada, query="status=failed")
    assert [row["id"] for row in rows_of(text)] == [str(new.pk), str(old.pk)]
    assert rows_of(text)[0] | {"task": SEND, "status": "Failed", "queue": "default"} == rows_of(text)[0]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="tasks-failed-\d{8}T\d{6}\.csv"', response["Content-Disposition"])


def test_times_are_in_the_zone_of_who_downloads_it(ada):
    task = a_task()
    Task.objects.filter(pk=task.pk).update(created=datetime(2026, 7, 1, 12, tzinfo=UTC))
    ada.cookies[ZONE_COOKIE] = "Asia/Kolkata"
    _, text = download(ada)
    assert rows_of(text)[0]["created"] == "2026-07-01T17:30:00+05:30"


def test_every_task_is_in_it_once_over_many_chunks(ada, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 3)
    ids = {str(a_task(age=5).pk) for _ in range(10)}
    _, text = download(ada, "jsonl")
    found = [json.loads(line)["id"] for line in text.splitlines()]
    assert len(found) == 10
    assert set(found) == ids


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_begins_like_a_formula(ada, text):
    a_task(Task.FAILED, priority=-5)
    columns = Task._meta.concrete_fields
    texts = {column.name for column in columns if isinstance(column, models.CharField | models.TextField)}
    Task.objects.update(**dict.fromkeys(texts - {"args"}, text))
    (row,) = rows_of(download(ada)[1])
    cells = [value for name, value in row.items() if name != "priority"]
    assert not [value for value in cells if value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert row["priority"] == "-5"


@pytest.mark.ability(14)
def test_secrets_are_masked(ada):
    a_task(
        Task.FAILED, args='{"password": "hunter22", "n": 1}', error="sent hunter22", output="hunter22", log="hunter22"
    )
    for kind in ("csv", "jsonl"):
        text = download(ada, kind)[1]
        assert "hunter22" not in text
        assert "password" in text


def test_without_the_permission_there_is_no_payload(eva):
    a_task(Task.FAILED, args='{"city": "Porto"}', output="Porto", log="Porto", error="Porto", error_class="shop.Porto")
    for kind in ("csv", "jsonl"):
        text = download(eva, kind, payload="yes")[1]
        assert "Porto" not in text
    assert "error" not in json.loads(text)
    assert b"view_task_payload" in eva.get("/export/").content


def test_payload_can_be_left_out(ada):
    a_task(args='{"city": "Porto"}')
    assert "Porto" in download(ada)[1]
    assert "Porto" not in download(ada, payload="no")[1]


def test_it_is_written_down_with_how_many(ada):
    for _ in range(3):
        a_task(Task.FAILED)
    download(ada, query="status=failed")
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor, action.scope, action.outcomes) == ("export", "ada", "failed", {"done": 3})
    assert (action.problem, action.scope_filter["format"]) == ("", "csv")
    assert b"exported" in ada.get("/activity/").content


def test_a_download_that_is_cut_off_says_so(ada):
    for _ in range(3):
        a_task()
    scope = scopes.freeze(filters.read(QueryDict("")), scopes.mark(), payload=True)
    action = export.begin(scope, "jsonl", True, "ada")
    lines = export.stream(scope, "jsonl", True, action)
    assert next(lines)
    assert next(lines)
    lines.close()
    action.refresh_from_db()
    assert (action.outcomes, action.problem) == ({"done": 1}, export.CUT_OFF)
    assert "ended before all tasks were sent" in ada.get("/activity/").content.decode()


def test_the_question_says_how_many_and_keeps_the_filter(ada):
    a_task(Task.FAILED)
    page = ada.get("/export/?status=failed").content.decode()
    assert "Export 1 task<" in page
    assert 'action="/export/?status=failed"' in page
    fragment = ada.get("/export/?status=failed", headers={"HX-Request": "true"})
    assert fragment["HX-Retarget"] == "#dialog"


def test_a_text_search_exports_what_it_finds(ada):
    a_task(args='{"order_id": 48213}')
    a_task()
    assert len(rows_of(download(ada, query="q=48213")[1])) == 1


@pytest.mark.parametrize(("query", "kind"), [("status=nonsense", "csv"), ("", "xlsx")])
def test_what_cannot_be_exported_is_said(ada, query, kind):
    response = ada.post(f"/export/?{query}", {"format": kind})
    assert response.status_code == 302
    assert str(list(get_messages(response.wsgi_request))[-1]).endswith("Nothing exported.")
    assert not OperatorAction.objects.exists()


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbfid,"), ("jsonl", b'{"id"')])
def test_a_spreadsheet_is_told_which_alphabet_it_is(ada, kind, begins):
    a_task()
    response = ada.post("/export/", {"format": kind})
    assert b"".join(response.streaming_content).startswith(begins)


def test_a_session_that_has_ended_meanwhile_leads_back_to_the_same_tasks(eva):
    page = eva.get("/export/?status=failed&queue=mail").content.decode()
    address = unescape(re.search(r'method="post" action="([^"]*)" id="export"', page)[1])
    eva.logout()
    response = eva.post(address, {"format": "csv"})
    login = QueryDict(response["Location"].partition("?")[2])
    assert login["next"] == "/export/?status=failed&queue=mail"
