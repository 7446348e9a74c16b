"""The picture that all requests of a process share: who makes the next one, and who waits for it."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError

from dashboard.selectors.memory import Memory


class Maker:
    """Makes pictures, numbered from 1; while it has no leave to ``go`` each waits."""

    def __init__(self) -> None:
        self.made = 0
        self.go = threading.Event()
        self.go.set()
        self.fails = False

    def make(self) -> int:
        assert self.go.wait(20)
        if self.fails:
            raise DatabaseError("no picture to be had")
        self.made += 1
        return self.made


def always(cost: float) -> float:
    return 60.0


def never(cost: float) -> float:
    return 0.0


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_one_thread_makes_the_picture_while_the_others_wait(maker: Maker) -> None:
    maker.go.clear()
    pictures, found = Memory(maker.make, always, always), list[int]()
    threads = [threading.Thread(target=lambda: found.append(pictures.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    maker.go.set()
    for thread in threads:
        thread.join(20)
    assert found == [1] * 8
    assert maker.made == 1


def test_one_that_has_served_its_time_is_made_anew(maker: Maker) -> None:
    pictures = Memory(maker.make, never, never)
    assert [pictures.get() for _ in range(3)] == [1, 2, 3]


def test_one_that_knows_nothing_of_what_has_happened_is_made_anew(maker: Maker) -> None:
    pictures = Memory(maker.make, always, never)
    assert [pictures.get(deed) for deed in ("paused", "paused", "resumed", "resumed")] == [1, 1, 2, 2]


def test_one_that_is_costly_serves_its_time_whatever_happens(maker: Maker) -> None:
    pictures = Memory(maker.make, always, always)
    assert [pictures.get(deed) for deed in ("paused", "resumed")] == [1, 1]


def test_a_failure_spoils_nothing(maker: Maker) -> None:
    pictures = Memory(maker.make, never, never)
    maker.fails = True
    with pytest.raises(DatabaseError, match="no picture"):
        pictures.get()
    maker.fails = False
    assert pictures.get() == 1


def test_what_is_forgotten_is_made_anew(maker: Maker) -> None:
    pictures = Memory(maker.make, always, always)
    assert (pictures.get(), pictures.get()) == (1, 1)
    pictures.forget()
    assert pictures.get() == 2
