"""What a task writes is kept: bounded, valid, whoever wrote it."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from types import SimpleNamespace

from django_simple_queue.engine.capture import LogFile, StandardStream, text_stream
from django_simple_queue.engine.ward import Ward
from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue, run

MEGABYTE = 1024 * 1024


def test_prints_errors_and_logging_in_order(fleet: Fleet) -> None:
    lines = (run(fleet, "chatty", {"lines": 2}).log or "").splitlines()
    assert [line.rpartition(" INFO tests.tasks ")[2] for line in lines] == [
        *("printed 0", "to stderr 0", "logged 0"),
        *("printed 1", "to stderr 1", "logged 1"),
    ]


def test_subprocesses_are_heard(fleet: Fleet) -> None:
    assert run(fleet, "shell", {"command": "echo out; echo err >&2"}).log == "out\nerr\n"


def test_a_log_belongs_to_its_task_alone(fleet: Fleet) -> None:
    chatty, silent = enqueue("chatty"), enqueue("noop")
    fleet.burst("--concurrency", "1")
    assert Task.objects.get(pk=chatty).log
    assert not Task.objects.get(pk=silent).log


def test_bytes_that_are_no_text(fleet: Fleet) -> None:
    log = run(fleet, "shell", {"command": r"printf 'a\000b\377c'"}).log
    assert log == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_a_long_log_keeps_head_and_tail(fleet: Fleet) -> None:
    row = run(fleet, "shell", {"command": "echo first; head -c 40000000 /dev/zero | tr '\\0' x; echo; echo last"})
    log = row.log or ""
    assert len(log.encode()) <= 1024 * 1024
    assert log.startswith("first\nxxx")
    assert log.endswith("xxx\nlast\n")
    assert "[... 38,951,436 bytes dropped ...]" in log


def test_a_long_output_keeps_head_and_tail(fleet: Fleet) -> None:
    row = run(fleet, "big_output", {"size": 20_000_000})
    assert row.output
    assert len(row.output.encode()) <= 10 * 1024 * 1024
    assert "bytes dropped" in row.output


def test_many_yields_keep_head_and_tail(fleet: Fleet) -> None:
    row = run(fleet, "many_yields", {"count": 5000, "size": 100}, max_output_size=10_000)
    output = row.output or ""
    assert len(output.encode()) <= 10_000
    assert output.startswith("[0]...")
    assert "[4999]" in output
    assert "[... 490,000 bytes dropped ...]" in output


def test_a_size_limit_in_the_middle_of_a_character(fleet: Fleet) -> None:
    row = run(fleet, "answer", {"value": "ü" * 1000}, max_output_size=1001)
    assert row.output
    assert len(row.output.encode()) <= 1001


def test_who_prints_a_flood_keeps_it_within_bounds_alone() -> None:
    with closing(LogFile()) as log:
        stream = text_stream(StandardStream(log.fd, log, MEGABYTE))
        for _ in range(2):
            for number in range(64):
                print(str(number).ljust(MEGABYTE - 1), file=stream)
                assert os.stat(log.fd).st_blocks * 512 <= 16 * MEGABYTE
            text = log.read(MEGABYTE)
            assert text.startswith("0 ")
            assert text.endswith(" \n")
            log.clear()


def test_a_flood_is_one_however_often_it_is_looked_at() -> None:
    helper = subprocess.Popen(["sleep", "60"], start_new_session=True)
    with closing(LogFile()) as log:
        ward = Ward(helper.pid, SimpleNamespace(serial=1), SimpleNamespace(log=log))
        floods = []
        for moment in (0.02, 0.022, 0.024, 0.044):
            os.write(log.fd, b"x" * MEGABYTE)
            ward.trim(1, MEGABYTE, moment)
            floods.append(ward.floods)
    helper.kill()
    helper.wait()
    assert floods == [False, True, True, False]
