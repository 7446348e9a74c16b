"""Writes to a SQLite database, told of by the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from django_simple_queue.engine.filewatch import FileBell
from tests.engine.sleeper import elsewhere, pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def test_our_own_writes_ring_nothing(sleeper):
    worker = sleeper()
    pay()
    for _ in range(10):
        worker.listen()
    assert worker.work == 0
    elsewhere(pay)
    worker.hears_work()


def test_a_broken_connection_rings_so_that_the_next_question_tells(sleeper):
    worker = sleeper()
    connection.connection.close()
    elsewhere(pay)
    worker.hears_work()
    worker.bell.down()
    connection.close()


def test_a_file_that_the_system_does_not_watch_is_polled(tmp_path: Path) -> None:
    """As when all watches of the system are taken: a bell that never rings would be waited for."""
    other = connection.copy()
    other.settings_dict["NAME"] = tmp_path / "gone.sqlite3"
    other.ensure_connection()
    for file in tmp_path.iterdir():
        file.unlink()
    try:
        assert FileBell.on(other) is None
    finally:
        other.close()
