"""SQLite with eight workers, four writers and a reader that will not let go: nobody sees "database is locked"."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import TASKS, Fleet, Ledger
from tests.faults import chaos, soak
from tests.support.waiting import wait_until

WORKERS, WRITERS, PAUSE_SECONDS = 8, 4, 0.05
MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
READER_HOLDS_SECONDS, WRITER_HOLDS_SECONDS = 30, 4
pytestmark = [pytest.mark.sqlite, pytest.mark.soak, pytest.mark.timeout(3000)]


class Writers:
    """Threads that enqueue as a web application does, and two that hold what others want, until told to stop."""

    def __init__(self, ledger: Ledger, until: float) -> None:
        self.ledger, self.until = ledger, until
        self.names: list[str] = []
        self.errors: list[BaseException] = []
        self.path = connection.settings_dict["NAME"]

    def run(self) -> None:
        works = [self.enqueue] * WRITERS + [self.hold_snapshot, self.hold_lock]
        threads = [threading.Thread(target=self.guarded, args=(number, work)) for number, work in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def guarded(self, number: int, work) -> None:
        try:
            turn = 0
            while time.monotonic() < self.until and not self.errors:
                work(f"{number}-{turn}")
                turn += 1
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()

    def enqueue(self, name: str) -> None:
        create_task(TASKS + "recorded", {"ledger": self.ledger.path, "name": name})
        self.names.append(name)
        self.stand(PAUSE_SECONDS)

    def hold_snapshot(self, name: str) -> None:
        with closing(sqlite3.connect(self.path)) as reader:
            reader.execute("BEGIN")
            reader.execute(f"SELECT COUNT(*) FROM {Task._meta.db_table}").fetchone()
            self.stand(READER_HOLDS_SECONDS)

    def hold_lock(self, name: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            self.stand(WRITER_HOLDS_SECONDS)
            writer.execute("COMMIT")
        self.stand(3 * WRITER_HOLDS_SECONDS)

    def stand(self, seconds: float) -> None:
        over = min(time.monotonic() + seconds, self.until)
        wait_until(lambda: time.monotonic() >= over, seconds + 60, "the pause is over")


def test_nobody_sees_a_locked_database(fleet: Fleet, ledger: Ledger) -> None:
    boots = [fleet.start("--concurrency", "1", "-v", "0") for _ in range(WORKERS)]
    writers = Writers(ledger, time.monotonic() + MINUTES * 60)
    writers.run()
    assert writers.errors == []
    wait_until(chaos.all_ended, 120, "every task has ended")
    wal = Path(f"{writers.path}-wal").stat().st_size / 2**20
    locked = sum("locked" in boot.lines for boot in boots)
    found = chaos.verdict(ledger, writers.names)
    soak.note(
        what="SQLite contention", minutes=MINUTES, tasks=len(writers.names), locked=locked, wal_mb=round(wal), **found
    )
    assert locked == 0
    assert ledger.count("end") == Counter(writers.names)
    assert all(boot.process.poll() is None for boot in boots)
