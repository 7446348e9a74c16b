"""Which threads of a process count as work that goes on: the project's own, whatever they wait for."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from logging.handlers import QueueListener
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from django_simple_queue.engine import threads
from tests.engine.libraries import library
from tests.support.waiting import wait_until

Start = Callable[[ThreadPoolExecutor, int], object]


def thread(target: Callable[..., object], *args: object) -> None:
    threading.Thread(target=target, args=args, daemon=True).start()


class Own(threading.Thread):
    def __init__(self, pipe: int) -> None:
        super().__init__(daemon=True)
        self.pipe = pipe

    def run(self) -> None:
        os.read(self.pipe, 1)


def after_work(pool: ThreadPoolExecutor) -> None:
    pool.submit(os.getpid).result()


OWN: dict[str, Start] = {
    "a function": lambda pool, pipe: thread(lambda: os.read(pipe, 1)),
    "a class": lambda pool, pipe: Own(pipe).start(),
    "a function in C": lambda pool, pipe: thread(os.read, pipe, 1),
    "an executor": lambda pool, pipe: pool.submit(os.read, pipe, 1),
}
OTHERS: dict[str, Start] = {
    "an idle executor": lambda pool, pipe: after_work(pool),
    "of a queue": lambda pool, pipe: thread(queue.Queue().get),
    "of logging": lambda pool, pipe: QueueListener(queue.SimpleQueue(), logging.NullHandler()).start(),
}


@pytest.fixture
def known() -> frozenset[threading.Thread]:
    return frozenset(threading.enumerate())


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    yield (ends := os.pipe())
    for end in reversed(ends):
        os.close(end)


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(library(tmp_path, "tracker_here"))
    tracker = import_module("tracker_here")
    yield tracker
    tracker.over.set()
    for each in tracker.threads:
        getattr(each, "cancel", int)()
        each.join()
    del sys.modules["tracker_here"]


@pytest.fixture
def pool(pipe: tuple[int, int]) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool
        os.write(pipe[1], b"x")


@pytest.mark.parametrize("start", OWN.values(), ids=OWN)
def test_the_project_s_are_at_work(
    pool: ThreadPoolExecutor, pipe: tuple[int, int], known: frozenset[threading.Thread], start: Start
) -> None:
    start(pool, pipe[0])
    (left,) = threads.at_work(known)
    assert not threads.at_work({*known, left})


@pytest.mark.parametrize("start", OTHERS.values(), ids=OTHERS)
def test_those_of_libraries_are_not(
    pool: ThreadPoolExecutor, pipe: tuple[int, int], known: frozenset[threading.Thread], start: Start
) -> None:
    start(pool, pipe[0])
    assert set(threading.enumerate()) > known
    wait_until(lambda: not threads.at_work(known), 10, "it waits to be asked")


def test_a_library_may_look_around_of_its_own_accord(tracker: ModuleType, known: frozenset[threading.Thread]) -> None:
    tracker.start()
    tracker.later()
    assert not threads.at_work(known)


def test_a_timer_is_whose_function_it_calls(known: frozenset[threading.Thread]) -> None:
    timers = [threading.Timer(600, each) for each in (print, lambda: None)]
    for timer in timers:
        timer.start()
    assert set(threads.at_work(known)) == set(timers)
    for timer in timers:
        timer.cancel()


def test_one_that_is_ending_is_waited_for(
    pipe: tuple[int, int], known: frozenset[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    thread(os.read, pipe[0], 1)
    (left,) = threads.at_work(known)
    end = SimpleNamespace(sleep=lambda seconds: (os.write(pipe[1], b"x"), left.join()))
    monkeypatch.setattr(threads, "time", end)
    assert not threads.at_work(known)
