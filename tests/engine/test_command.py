"""The command line: what it says at the start, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.engine.fleet import TASKS, Fleet, enqueue
from tests.support.processes import ROOT, environment


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--concurrency", "0"], "--concurrency 0 is not possible: use a whole number from 1 on."),
        (["--concurrency", "many"], "--concurrency many is not possible: use a whole number from 1 on."),
        (["--max-tasks", "-1"], "--max-tasks -1 is not possible: use a whole number from 1 on."),
        (
            ["--queues", f"mail,{'x' * 65}"],
            f"--queues: queue must have 1 to 64 ordinary characters, not '{'x' * 65}' (65).",
        ),
        (
            ["--queues", ",".join(f"queue-{n:050d}" for n in range(20))],
            "--queues has 1139 characters, and 1000 are possible: start more workers, or name none.",
        ),
        (["--queues", " ,"], "--queues ' ,' names no queue: write names, such as mail,default, or leave it out."),
    ],
)
def test_impossible_options(fleet: Fleet, arguments: list[str], complaint: str) -> None:
    boot = fleet.start(*arguments)
    assert boot.wait() == 1
    assert boot.lines.strip().endswith(complaint)
    assert "Traceback" not in boot.lines


@pytest.mark.django_db(transaction=True)
def test_more_slots_than_files_may_be_open() -> None:
    command = 'ulimit -n 300; exec "$0" manage.py task_worker --burst --concurrency 40'
    refused = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert "--concurrency 40 takes up to 1408 open files, and this process may have 300." in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_settings(fleet: Fleet) -> None:
    boot = fleet.start("--burst", lease_seconds="soon")
    assert boot.wait() == 1
    assert "DJANGO_SIMPLE_QUEUE_LEASE_SECONDS" in boot.lines
    assert "Traceback" not in boot.lines


def test_unmigrated_database(fleet: Fleet, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    boot = fleet.start("--burst", env={"TEST_DATABASE_URL": address})
    assert boot.wait() == 1
    (last,) = boot.lines.strip().splitlines()[-1:]
    assert last.startswith("CommandError: The database 'default' is not migrated (missing: 0001_initial")
    assert last.endswith('Run "manage.py migrate" first.')
    assert "Traceback" not in boot.lines


def test_database_that_does_not_answer(fleet: Fleet, tmp_path: Path) -> None:
    address = f"postgres://nobody@{str(tmp_path).replace('/', '%2F')}/none"
    boot = fleet.start("--burst", env={"TEST_DATABASE_URL": address})
    assert boot.wait() == 1
    assert "CommandError: The database 'default' does not answer:" in boot.lines
    assert "Traceback" not in boot.lines


def test_says_what_it_works_on(fleet: Fleet) -> None:
    boot = fleet.burst("--concurrency", "3", "--queues", "mail,media", allowed_tasks=[TASKS + "noop"])
    assert (
        f"database {connection.settings_dict['NAME']}, queues mail, media, 3 at the same time, 1 task allowed"
        in boot.lines
    )


def test_one_line_per_event(fleet: Fleet) -> None:
    good, bad = enqueue("noop"), enqueue("fail")
    lines = fleet.burst("--concurrency", "1").lines
    assert f"claimed {good} tests.tasks.noop attempt 1 of 1" in lines
    assert f"completed {good} tests.tasks.noop " in lines
    assert f"failed {bad} tests.tasks.fail " in lines
    assert " ms: ValueError('no such order')\n" in lines


def test_quiet(fleet: Fleet) -> None:
    enqueue("noop")
    assert fleet.burst("--concurrency", "1", "-v", "0", allowed_tasks=[TASKS + "noop"]).lines == ""


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (
            "import threading\nthreading.Thread(target=threading.Event().wait, name='poller', daemon=True).start()",
            "The project started threads that a child process cannot take along: 'poller'.",
        ),
    ],
)
def test_refuses_to_fork_with_threads(fleet: Fleet, tmp_path: Path, module: str, complaint: str) -> None:
    (tmp_path / "with_threads.py").write_text(f"from tests.settings import *\n{module}\n")
    boot = fleet.start("--burst", env={"DJANGO_SETTINGS_MODULE": "with_threads", "PYTHONPATH": f"{tmp_path}:."})
    assert boot.wait() == 1
    assert complaint in boot.lines
    assert "Traceback" not in boot.lines


def test_prints_json_for_machines(fleet: Fleet) -> None:
    good, bad = enqueue("noop"), enqueue("fail")
    boot = fleet.burst("--concurrency", "1", "--json", allowed_tasks=[TASKS + "noop", TASKS + "fail"])
    lines = [json.loads(line) for line in boot.lines.splitlines()]
    told = [(line["event"], line["id"]) for line in lines if "id" in line]
    assert sorted(told) == sorted(
        [("claimed", str(good)), ("completed", str(good)), ("claimed", str(bad)), ("failed", str(bad))]
    )
    (failed,) = [line for line in lines if line["event"] == "failed"]
    assert (failed["task"], failed["level"], failed["error"]) == (
        "tests.tasks.fail",
        "warning",
        "ValueError('no such order')",
    )
    assert failed["milliseconds"] >= 0
    assert all({"time", "level", "message", "event"} <= line.keys() for line in lines)
