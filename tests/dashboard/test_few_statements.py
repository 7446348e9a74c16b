"""What a page asks of the database, all counted: on PostgreSQL its transactions and deadlines are statements too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import tags
from dashboard.selectors import search, snapshot
from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("", "?status=failed&task=shop.tasks.charge", "?q=nothing", "failures/", "enqueue/", "workers/", "activity/")


MOST, MOST_OF_THE_PICTURE, MOST_OF_A_POLL = 12, 9, 5


@pytest.fixture(autouse=True)
def three_failures() -> None:
    for _ in range(3):
        task = a_task(Task.FAILED, task="shop.tasks.charge")
        Task.objects.filter(pk=task.pk).update(fingerprint="f" * 16)


@pytest.fixture
def pictures_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot.memory, "lasts", lambda cost: 3_600.0)


def asked_by(client: Client, page: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/{page}").status_code == 200
    return [each["sql"][:80] for each in asked]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_at_most_twelve_things(ada: Client, page: str, pictures_last: None) -> None:
    snapshot.current()
    ada.get(f"/{page}")
    asked = asked_by(ada, page)
    assert len(asked) <= MOST, "\n".join(asked)


def test_the_page_of_workers_that_have_work_asks_at_most_twelve_things(ada: Client, pictures_last: None) -> None:
    worker, ended = a_worker(), timezone.now() - timedelta(minutes=3)
    a_worker(host="web-6", state="lost", ended=ended, lost_by=worker.pk, alive=False)
    a_task(Task.PROGRESS, worker=worker.pk)
    snapshot.current()
    asked = asked_by(ada, "workers/")
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("page", ["?attempt=7", "?duration=%3E10m", "?status=failed&attempt=7", "?attempt=7&time=24h"])
def test_a_walk_that_comes_to_no_end_asks_at_most_twelve_things(
    ada: Client, page: str, pictures_last: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FIRST_CHUNK", 1)
    monkeypatch.setattr(search, "LONGEST_WALK", 2)
    snapshot.current()
    asked = asked_by(ada, page)
    assert len(asked) <= MOST, "\n".join(asked)
    assert b"searched back to" in ada.get(f"/{page}").content.lower(), "two chunks have not come to the end"


@pytest.mark.parametrize("page", PAGES)
def test_who_finds_the_picture_too_old_asks_at_most_nine_more(ada: Client, page: str, pictures_last: None) -> None:
    ada.get(f"/{page}")
    snapshot.memory.forget()
    asked = asked_by(ada, page)
    assert len(asked) <= MOST + MOST_OF_THE_PICTURE, asked


def test_a_poll_that_changes_nothing_asks_who_it_is_what_they_may_do_and_what_was_done(
    client: Client, pictures_last: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client, operator("eva", "view_task"))
    monkeypatch.setattr(tags, "clock", lambda: 1000.0)
    poll = {"HX-Request": "true", "HX-PTag": client.get("/?live=1")["HX-PTag"]}
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/?live=1", headers=poll).status_code == 304
    assert len(asked) <= MOST_OF_A_POLL, [each["sql"][:80] for each in asked]
