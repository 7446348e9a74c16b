"""The disk of the database is full: statuses still move, a big result says why it is missing, nothing stays stuck."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from django_simple_queue.models import Task
from tests.support.missing import cannot_run
from tests.support.processes import ROOT, environment
from tests.support.waiting import wait_until

SIZE, LEFT = 24 * 1024 * 1024, 600 * 1024
RESULT = 2_000_000
pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.timeout(120)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], capture_output=True).returncode:
        cannot_run("only root may mount the small file system of this test")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def manage(place: Path, *arguments: str) -> subprocess.Popen[str]:
    env = environment() | {"TEST_DATABASE_URL": f"sqlite:///{place}/db.sqlite3"}
    with (place.parent / "worker.log").open("a") as log:
        return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, stdout=log, stderr=log)


def rows(place: Path, columns: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(place / "db.sqlite3", timeout=20)) as database:
        return database.execute(f"SELECT {columns} FROM {Task._meta.db_table} ORDER BY created").fetchall()


def fill(place: Path) -> Path:
    filler = place / "filler"
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    filler.write_bytes(b"x" * max(free - LEFT, 0))
    return filler


def test_a_full_disk_loses_a_big_result_and_nothing_else(small_disk: Path) -> None:
    code = (
        "from django_simple_queue.utils import create_tasks; "
        f"create_tasks([('tests.tasks.big_output', {{'size': {RESULT}}}), ('tests.tasks.noop', {{}})])"
    )
    assert manage(small_disk, "migrate", "-v", "0").wait(60) == 0
    assert manage(small_disk, "shell", "--command", code).wait(60) == 0
    filler = fill(small_disk)
    worker = manage(small_disk, "task_worker", "--concurrency", "1")
    try:
        wait_until(lambda: all(status in (2, 3) for (status,) in rows(small_disk, "status")), 40, "both tasks end")
    finally:
        worker.terminate()
        assert worker.wait(40) == 0
    (big, why), (small, _) = rows(small_disk, "status, error")
    assert (big, small) == (Task.FAILED, Task.COMPLETED)
    assert "disk is full" in str(why)
    filler.unlink()
    assert manage(small_disk, "shell", "--command", code).wait(60) == 0
    assert manage(small_disk, "task_worker", "--burst", "--concurrency", "1").wait(60) == 0
    assert [status for (status,) in rows(small_disk, "status")][2:] == [Task.COMPLETED, Task.COMPLETED]
    with closing(sqlite3.connect(small_disk / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
