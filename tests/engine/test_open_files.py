"""Files that a worker opens: as many as its slots need, and none is left open when a child cannot be had."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from unittest.mock import Mock

import pytest

from django_simple_queue.engine import forks, messages
from django_simple_queue.engine.board import Board
from django_simple_queue.engine.forks import allow_open_files
from django_simple_queue.engine.guard import Guard
from django_simple_queue.engine.member import Member
from django_simple_queue.engine.traces import Traces


@pytest.fixture
def file_limit():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda soft, hard: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard or before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_of_open_files_is_raised_as_far_as_the_slots_need(file_limit) -> None:
    file_limit(512, None)
    allow_open_files(12)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512
    allow_open_files(100)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 128 + 100 * 4 * 8


@contextmanager
def free_descriptors(count: int) -> Iterator[None]:
    """Let this process open ``count`` more files and no other; its limit is known already."""
    fillers = []
    with suppress(OSError):
        while True:
            fillers.append(os.dup(0))
    for descriptor in fillers[:count]:
        os.close(descriptor)
    try:
        yield
    finally:
        for descriptor in fillers[count:]:
            os.close(descriptor)


def open_descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("count", range(12))
def test_a_child_that_cannot_be_forked_leaves_nothing_open(file_limit, monkeypatch, count: int) -> None:
    guard = Guard.__new__(Guard)
    guard.board, guard.free = Board(1), [0]
    monkeypatch.setattr(os, "fork", Mock(side_effect=OSError("no more processes")))
    before = open_descriptors()
    file_limit(max(map(int, before)) + 50, None)
    with free_descriptors(count), pytest.raises(OSError, match=r"Too many open files|no more processes"):
        guard.fork()
    assert open_descriptors() == before
    assert guard.free == [0]


@pytest.mark.parametrize("count", range(3))
def test_files_come_all_or_none(file_limit, count: int) -> None:
    ours, theirs = messages.channel()
    with ours, theirs:
        before = open_descriptors()
        messages.send_with_files(ours, ["born", 1], [0, 1, 2])
        file_limit(max(map(int, before)) + 50, None)
        with free_descriptors(count):
            assert messages.receive_with_files(theirs) == (["born", 1], [])
        assert open_descriptors() == before


def test_a_packet_without_its_file_is_its_label(file_limit) -> None:
    ours, theirs = messages.channel()
    with ours, theirs:
        before = open_descriptors()
        assert messages.send_packet(ours, ["run", 7, "x" * messages.PACKET_LIMIT])
        file_limit(max(map(int, before)) + 50, None)
        with free_descriptors(0):
            assert messages.receive_packet(theirs) == ["run", 7]
        assert open_descriptors() == before


def test_as_many_files_are_reserved_as_a_child_takes() -> None:
    with closing(Traces()) as traces:
        before = open_descriptors()
        ends, (reader, writer) = messages.channel(), os.pipe()
        files = [*(end.detach() for end in ends), reader, *map(os.dup, traces.descriptors)]
        os.close(writer)
        with closing(Member(1, files, lambda *words: None, lambda: None)):
            assert len(open_descriptors()) - len(before) <= forks.FILES_A_CHILD
        assert open_descriptors() == before
