"""The rules of the parent that need no process to be seen."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from django_simple_queue.engine import forks, runs
from django_simple_queue.engine.board import Board, Row
from django_simple_queue.engine.guardlink import GuardLink
from django_simple_queue.engine.outbox import BATCH_BYTES, BATCH_ROWS, Entry, Outbox
from django_simple_queue.engine.pace import KNOWN_PATHS, UNKNOWN_SECONDS, Pace
from django_simple_queue.engine.poll import LONGEST, SHORTEST, Poll
from django_simple_queue.engine.store import Ending
from django_simple_queue.models.fields import uuid7
from django_simple_queue.output import Output, as_text


@pytest.mark.django_db
def test_no_fork_while_a_connection_is_open() -> None:
    connection.ensure_connection()
    with pytest.raises(forks.CannotFork, match="Database connections stay open: default"):
        forks.require_no_connections()


def test_no_fork_while_a_thread_runs() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="poller")
    thread.start()
    try:
        with pytest.raises(forks.CannotFork, match="'poller'"):
            forks.require_no_threads()
    finally:
        end.set()
        thread.join()


def test_polling_slows_down_while_there_is_nothing_and_speeds_up_again() -> None:
    poll, pauses = Poll(), []
    for _ in range(8):
        poll.found(0, 4, now=100)
        pauses.append(round(poll.next_at - 100, 6))
    longest = [min(SHORTEST * 2**number, LONGEST) for number in range(8)]
    assert all(0.8 * most <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    poll.found(4, 4, now=100)
    assert poll.next_at == 100
    poll.found(1, 4, now=100)
    assert poll.next_at - 100 <= SHORTEST


def test_pace_rises_fast_and_falls_slowly() -> None:
    pace = Pace()
    assert pace.of("a.quick") == UNKNOWN_SECONDS
    pace.note("a.quick", 0.001)
    assert pace.of("a.quick") == 0.001
    pace.note("a.quick", 1.0)
    risen = pace.of("a.quick")
    assert risen > 0.5
    pace.note("a.quick", 0.001)
    assert pace.of("a.quick") > risen * 0.8
    assert pace.of("another.path") == UNKNOWN_SECONDS


def test_pace_forgets_the_paths_that_come_no_more() -> None:
    pace = Pace()
    for number in range(KNOWN_PATHS + 1):
        pace.note("a.steady", 0.001)
        pace.note(f"a.path_{number}", 0.001)
    assert len(pace.seconds) == KNOWN_PATHS
    assert pace.of("a.steady") == 0.001
    assert pace.of("a.path_0") == UNKNOWN_SECONDS


def test_a_run_that_is_condemned_as_it_ends_spoils_its_child() -> None:
    """The guard may have taken the child to be at it still, and ends it soon: it must not begin another run."""
    child, guard = (Row(board, 0) for board in [Board(1)] * 2)
    assert child.begin(1, 0)
    assert child.finish(1)
    assert not child.is_spoilt
    guard.condemn(1)
    assert child.is_spoilt


def entry(size: int = 0) -> Entry:
    return Entry(Ending(uuid7(), 1, "complete", output="x" * size), since=1.0)


def drop(outbox: Outbox, entries: list[Entry]) -> None:
    for each in entries:
        outbox.remove(each)


def test_batches_are_bounded_in_rows_and_bytes() -> None:
    outbox = Outbox()
    for _ in range(BATCH_ROWS + 1):
        outbox.add(entry())
    assert len(outbox.batch(0.0)) == BATCH_ROWS
    drop(outbox, outbox.batch(0.0))
    for _ in range(3):
        outbox.add(entry(BATCH_BYTES // 2))
    assert len(outbox.batch(0.0)) == 1 + 2
    drop(outbox, outbox.batch(0.0))
    drop(outbox, outbox.batch(0.0))
    assert outbox.oldest == float("inf")


def test_a_guard_that_has_not_been_seen_to_look_is_silent() -> None:
    """Its own last look says nothing when both processes have stood still, as on a laptop that slept."""
    link = GuardLink.__new__(GuardLink)
    link.board, link.looked, link.seen_at = Board(1), 0.0, 100.0
    link.board.looked = 100.5
    assert link.silent_for(101.0) == 0
    assert link.silent_for(5000.0) == 5000.0 - 101.0
    link.board.looked = 5000.5
    assert link.silent_for(5001.0) == 0


def test_an_ending_whose_row_is_locked_waits_and_the_others_do_not() -> None:
    outbox = Outbox()
    locked, free = entry(), entry()
    outbox.add(locked)
    outbox.add(free)
    assert outbox.withhold(locked, "locked", 10.0) is True
    assert outbox.batch(10.0) == [free]
    drop(outbox, [free])
    assert outbox.batch(10.0) == []
    due = outbox.oldest
    assert due > 10.0
    assert outbox.batch(due) == [locked]
    assert outbox.withhold(locked, "locked", due) is False


def test_an_ending_waits_since_its_run_was_over_and_leaves_when_it_was_heard_of() -> None:
    outbox, late = Outbox(), entry()
    late.since, late.ended_at = 10.0, 7.0
    outbox.add(late)
    assert outbox.oldest == 10.0
    assert outbox.batch(11.0) == [late]
    assert late.ending.waited_seconds == 4.0


def test_an_ending_larger_than_a_batch_goes_alone() -> None:
    outbox = Outbox()
    for size in (BATCH_BYTES * 2, 1):
        outbox.add(entry(size))
    (large,) = outbox.batch(3.5)
    assert large.ending.waited_seconds == 2.5


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (3, "Worker subprocess exited with code 3"),
        (-9, "Worker subprocess exited with code -9 (killed by SIGKILL; out of memory?)"),
        (-11, "Worker subprocess exited with code -11 (killed by SIGSEGV)"),
        (-99, "Worker subprocess exited with code -99 (killed by signal 99)"),
    ],
)
def test_crashes_in_words(code: int, sentence: str) -> None:
    assert runs.crashed(code).error == sentence


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, ""),
        (True, "true"),
        ({"ü": [1.5]}, '{"ü": [1.5]}'),
        (float("nan"), "nan"),
        ({1}, "{1}"),
        (b"bytes", "b'bytes'"),
        (Silent(), "[a Silent without a text: RuntimeError('no text')]"),
    ],
)
def test_what_a_task_returns_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_output_in_pieces_equals_output_in_one() -> None:
    pieces, whole = Output(1000), Output(1000)
    text = "".join(f"[{number}]" for number in range(150))
    for start in range(0, len(text), 7):
        pieces.add(text[start : start + 7])
    whole.add(text)
    assert pieces.text() == whole.text() == text


class Counting(Output):
    """Counts how often the tail is copied."""

    copies = 0

    def shorten_tail(self) -> None:
        self.copies += 1
        super().shorten_tail()


def test_a_long_output_is_seldom_copied_and_loses_only_its_middle() -> None:
    output, text = Counting(1000), "".join(f"[{number}]" for number in range(30_000))
    for start in range(0, len(text), 3):
        output.add(text[start : start + 3])
    assert 0 < output.copies <= len(text) // output.limit
    head, _, tail = output.text().partition("\n[... ")
    dropped, _, tail = tail.partition(" bytes dropped ...]\n")
    assert text.startswith(head) and text.endswith(tail)
    assert len(output.text()) == output.limit
    assert int(dropped.replace(",", "")) == len(text) - output.limit


def test_one_piece_that_is_far_too_large_is_not_kept_whole() -> None:
    output = Output(1000)
    output.add("x" * 1_000_000)
    assert output.head.tell() + output.tail.tell() == 2000
