"""The picture that all requests of a process share: who makes the next one, who waits for it, and who need not."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from dashboard.selectors import memory, snapshot
from dashboard.selectors.memory import Memory
from dashboard.selectors.snapshot import Snapshot
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Maker:
    """Makes pictures, numbered from 1; while it is ``slow`` each waits for a word."""

    def __init__(self) -> None:
        self.made = 0
        self.go = threading.Event()
        self.go.set()
        self.fails = False

    def make(self) -> int:
        assert self.go.wait(20)
        if self.fails:
            raise DatabaseError("no picture to be had")
        connection.ensure_connection()
        self.made += 1
        return self.made


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture(autouse=True)
def every_picture_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "DEAR_SECONDS", 0.0)


def outdated(maker: Maker) -> Memory[int]:
    """A memory whose first picture has served its time just now, and whose second one is still to come."""
    pictures = Memory(maker.make, lambda cost: 0.0)
    assert pictures.get() == 1
    maker.go.clear()
    return pictures


def test_one_thread_makes_the_first_picture_while_the_others_wait(maker: Maker) -> None:
    maker.go.clear()
    pictures, found = Memory(maker.make, lambda cost: 60.0), list[int]()

    def ask() -> None:
        found.append(pictures.get())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    maker.go.set()
    for thread in threads:
        thread.join(20)
    assert found == [1] * 8
    assert maker.made == 1


def test_who_finds_it_a_little_old_does_not_wait_for_the_next(maker: Maker) -> None:
    pictures = outdated(maker)
    assert [pictures.get() for _ in range(5)] == [1] * 5
    maker.go.set()
    wait_until(lambda: pictures.latest == 2, 20, "the next picture is made beside the requests")
    assert maker.made == 2


def test_who_finds_it_too_old_waits(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LATE_SECONDS", 0.0)
    pictures = outdated(maker)
    maker.go.set()
    assert pictures.get() == 2


def test_a_cheap_picture_is_waited_for(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = outdated(maker)
    monkeypatch.setattr(memory, "DEAR_SECONDS", 3600.0)
    maker.go.set()
    assert pictures.get() == 2


def test_a_page_does_not_wait_for_the_next_one(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate reads each page within a transaction of its own on PostgreSQL: nothing has been written in that."""
    go, take = threading.Event(), snapshot.take

    def slow() -> Snapshot:
        assert go.wait(20)
        return take()

    pictures = Memory(slow, lambda cost: 0.0)
    monkeypatch.setattr(snapshot, "memory", pictures)
    go.set()
    assert ada.get("/").status_code == 200
    go.clear()
    assert ada.get("/").status_code == 200
    go.set()
    wait_until(lambda: pictures.coming is not None and pictures.coming.done(), 20, "the next picture is made")


def test_inside_a_transaction_it_is_made_there(maker: Maker) -> None:
    """What the transaction has written so far must be in it."""
    pictures = outdated(maker)
    maker.go.set()
    with transaction.atomic():
        assert pictures.get() == 2


def test_a_failure_beside_the_requests_spoils_nothing(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = outdated(maker)
    maker.fails = True
    maker.go.set()
    assert pictures.get() == 1
    wait_until(lambda: pictures.coming is not None and pictures.coming.done(), 20, "the attempt is over")
    monkeypatch.setattr(memory, "LATE_SECONDS", 0.0)
    with pytest.raises(DatabaseError, match="no picture"):
        pictures.get()
    maker.fails = False
    assert pictures.get() == 2


def test_what_is_forgotten_does_not_come_back_from_beside(maker: Maker) -> None:
    pictures = outdated(maker)
    assert pictures.get() == 1
    maker.go.set()
    pictures.forget()
    assert pictures.coming is not None
    assert pictures.coming.done()
    assert pictures.latest is None


def test_what_is_forgotten_is_made_anew(maker: Maker) -> None:
    pictures = Memory(maker.make, lambda cost: 60.0)
    assert (pictures.get(), pictures.get()) == (1, 1)
    pictures.forget()
    assert pictures.get() == 2
