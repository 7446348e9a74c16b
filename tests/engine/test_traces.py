"""Memory that outlives a run: bounded, and never half a state."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from django_simple_queue.engine.traces import STAMP, Traces
from django_simple_queue.reporting import MESSAGE_SIZE, Progress


@pytest.fixture
def traces() -> Iterator[Traces]:
    traces = Traces()
    yield traces
    traces.close()


def test_nothing_shown_is_nothing_read(traces: Traces) -> None:
    assert traces.read(100, 100) == (None, "", None)


def test_an_endless_output_is_kept_by_its_ends_in_little_memory(traces: Traces) -> None:
    limit = 64 * 1024
    for number in range(2000):
        traces.output.add(f"[{number}]".ljust(4096, "."), limit)
    text = traces.output.read(limit)
    assert len(text.encode()) <= limit
    assert text.startswith("[0]...")
    assert "[1999]..." in text
    assert os.fstat(traces.output.fd).st_blocks * 512 <= 6 * limit


def test_a_new_run_begins_with_nothing(traces: Traces) -> None:
    traces.output.add("before", 100)
    traces.progress.write(Progress(9, "before"))
    traces.begin()
    assert traces.read(100, 100) == (None, "", None)


def test_a_state_that_is_being_written_is_passed_over(traces: Traces) -> None:
    traces.progress.write(Progress(9, "nine"))
    traces.progress.memory[STAMP.size + 1] ^= 1
    assert traces.progress.read() is None


def test_the_longest_message_fits(traces: Traces) -> None:
    longest = Progress(100, "\N{PILE OF POO}" * MESSAGE_SIZE)
    traces.progress.write(longest)
    assert traces.progress.read() == longest
