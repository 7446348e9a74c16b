"""PostgreSQL has no room left, and may crash for want of it: once there is room again all goes on, nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from django_simple_queue.models import Task
from tests.engine.fleet import TASKS, Ledger
from tests.support.missing import cannot_run
from tests.support.postgres import PostgresCluster
from tests.support.processes import ROOT, environment
from tests.support.waiting import wait_until

SIZE = 256 * 1024 * 1024
COUNT, FIRST, BIG = 200, 20, 200_000
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(180)]


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of 256 MiB; only root can make one."""
    with tempfile.TemporaryDirectory(prefix="disk-") as folder:
        place = Path(folder)
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], capture_output=True
        ).returncode:
            cannot_run("only root may mount the small file system of this test")
        place.chmod(0o755)
        yield place
        subprocess.run(["umount", "--lazy", place], check=True)


def manage(server: PostgresCluster, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    env = environment() | {"TEST_DATABASE_URL": server.url()}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, stdout=output, stderr=output
        )


def endings(server: PostgresCluster) -> list[tuple[str, int, str]]:
    with psycopg.connect(server.url()) as connection:
        return connection.execute(f"SELECT task, status, error FROM {Task._meta.db_table}").fetchall()


def all_ended(server: PostgresCluster) -> bool:
    return server.answers() and {status for _, status, _ in endings(server)} <= {Task.COMPLETED, Task.FAILED}


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
        os.posix_fallocate(file.fileno(), 0, SIZE)
        while True:
            file.write(b"x" * 4096)
            file.flush()
    return filler


def calls(ledger: Ledger) -> str:
    small = f"('{TASKS}recorded', dict(ledger={ledger.path!r}, name=str(n), seconds=0.01))"
    return f"[call for n in range({COUNT}) for call in ({small}, ('{TASKS}big_output', dict(size={BIG})))]"


def test_what_no_room_is_left_for_is_stored_later(disk: Path, tmp_path: Path, ledger: Ledger) -> None:
    log = tmp_path / "log"
    with PostgresCluster(within=disk) as server:
        assert manage(server, log, "migrate", "-v", "0").wait(60) == 0
        with psycopg.connect(server.url()) as connection:
            connection.execute(f"ALTER TABLE {Task._meta.db_table} ALTER COLUMN output SET STORAGE EXTERNAL")
        code = f"from django_simple_queue.utils import create_tasks; create_tasks({calls(ledger)})"
        assert manage(server, log, "shell", "--command", code).wait(60) == 0
        worker = manage(server, log, "task_worker", "--concurrency", "2")
        ledger.wait_for("end", FIRST)
        filler = fill(disk)
        wait_until(lambda: "trying again" in log.read_text(), 60, "the worker meets the full disk")
        filler.unlink()
        if server.process is not None and server.process.poll() is not None:
            server.resume()
        wait_until(lambda: all_ended(server), 60, "all tasks have ended")
        worker.terminate()
        assert worker.wait(40) == 0
        lost = [(task, error) for task, status, error in endings(server) if status == Task.FAILED]
    assert {task for task, _ in lost} <= {f"{TASKS}big_output"}
    assert all("No space left on device" in error for _, error in lost)
    assert log.read_text().count("could not be stored: OperationalError") == len(lost)
    assert ledger.count("start") == ledger.count("end") == {str(number): 1 for number in range(COUNT)}
