"""What the parent makes of an error of its database: an outage stops all, a lock or a refusal one chore."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction

from django_simple_queue.engine import store
from django_simple_queue.engine.link import Link
from django_simple_queue.models import Task
from django_simple_queue.models.contention import wait_at_most
from tests.engine.locking import locked_elsewhere
from tests.engine.storing import live_worker, running

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.postgres,
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
]


class SilentBell:
    rings = False

    def __init__(self) -> None:
        self.times = 0

    def hang(self) -> None:
        self.times += 1

    def down(self) -> None:
        pass


@pytest.fixture
def link() -> Iterator[Link]:
    link = Link(SilentBell())
    assert link.ask("lease", lambda: "connected") == "connected"
    yield link
    connection.close()


@pytest.fixture(autouse=True)
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "django_simple_queue.worker")
    return caplog


def nonsense() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nonsense FROM nowhere")


def test_what_is_refused_holds_up_its_own_chore(link: Link, said: pytest.LogCaptureFixture) -> None:
    assert link.ask("turn", nonsense) is None
    assert link.ask("turn", lambda: "too early") is None
    assert link.ask("lease", lambda: "renewed") == "renewed"
    assert (link.is_down, link.back_since) == (False, 0.0)
    link.put_off["turn"] = 0.0
    assert link.ask("turn", nonsense) is None
    (line,) = said.messages
    assert line.startswith("the database refuses, trying again: ")


def test_after_a_refusal_another_connection_is_tried(link: Link) -> None:
    """A failover may have left us with a server that takes no changes."""
    link.ask("turn", nonsense)
    assert connection.connection is None
    assert link.ask("lease", lambda: "renewed") == "renewed"
    assert link.bell.times == 2


def test_who_waits_for_a_lock_keeps_the_connection(link: Link, said: pytest.LogCaptureFixture) -> None:
    task = running(live_worker()).id

    def change() -> None:
        with transaction.atomic():
            wait_at_most("default", 0.05)
            Task.objects.filter(pk=task).update(progress=1)

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
    ours = connection.connection
    with locked_elsewhere(task):
        assert link.ask("turn", change) is None
    assert connection.connection is ours
    assert not link.is_down
    (line,) = said.messages
    assert line.startswith("locked by another transaction, trying again: ")
    link.put_off["turn"] = 0.0
    assert link.ask("turn", lambda: "done") == "done"


def replace_connection() -> None:
    """As Django does where a transaction is left whose connection broke."""
    connection.close()
    connection.ensure_connection()


def test_a_connection_that_broke_and_was_replaced_is_an_outage(link: Link, said: pytest.LogCaptureFixture) -> None:
    def break_off() -> None:
        replace_connection()
        raise OperationalError("server closed the connection unexpectedly")

    assert link.ask("turn", break_off) is None
    assert link.is_down
    (line,) = said.messages
    assert line.startswith("database does not answer, trying again: ")


def test_a_connection_that_was_replaced_unseen_is_prepared_anew(link: Link) -> None:
    assert link.ask("turn", replace_connection) is None
    assert link.bell.times == 1
    assert link.ask("lease", lambda: "renewed") == "renewed"
    assert link.bell.times == 2
    assert link.ask("lease", lambda: "renewed") == "renewed"
    assert link.bell.times == 2


def test_an_outage_holds_up_all(link: Link, said: pytest.LogCaptureFixture) -> None:
    def break_off() -> None:
        store.disconnect()
        raise OperationalError("server closed the connection unexpectedly")

    assert link.ask("turn", break_off) is None
    assert link.is_down
    assert link.ask("lease", lambda: "too early") is None
    link.retry_at = 0.0
    assert link.ask("lease", lambda: "renewed") == "renewed"
    assert not link.is_down
    assert link.back_since
    assert [line.partition(":")[0] for line in said.messages][:1] == ["database does not answer, trying again"]


def test_a_question_that_gets_no_answer_is_an_outage(link: Link, said: pytest.LogCaptureFixture) -> None:
    assert link.ask("turn", lambda: link.give_up(0)) is None
    assert link.is_down
    assert connection.connection is None
    (line,) = said.messages
    assert line.startswith("database does not answer, trying again: no answer for ")
    link.retry_at = 0.0
    assert link.ask("lease", lambda: "renewed") == "renewed"


def test_nobody_to_ask_after_an_error_is_an_outage(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "answers", lambda session: link.give_up(0))
    assert link.ask("turn", nonsense) is None
    assert link.is_down


def test_a_question_that_has_just_been_asked_is_left_alone(link: Link) -> None:
    assert link.ask("turn", lambda: link.give_up(60) or "done") == "done"
    link.give_up(0)
