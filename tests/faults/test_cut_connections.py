"""PostgreSQL ends a worker's connections again and again: every result is stored, no worker leaves."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, Ledger
from tests.faults import chaos
from tests.support.waiting import wait_until

TASKS, CUTS = 1_000, 50
pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(240)]
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def cut() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
        return len(cursor.fetchall())


def test_connections_that_are_cut_fifty_times(fleet: Fleet, ledger: Ledger) -> None:
    names = chaos.enqueue_recorded(ledger, chaos.seeded(), TASKS, longest=0.02, attempts=1)
    boots = [fleet.ready("--concurrency", "2") for _ in range(2)]
    for _ in range(CUTS):
        wait_until(cut, 30, "a worker is connected")
    assert not chaos.all_ended(), "the cuts came too late to harm anybody"
    wait_until(chaos.all_ended, 120, "every task has ended")
    assert ledger.count("start") == ledger.count("end") == Counter(names)
    assert Task.objects.filter(status=Task.COMPLETED).count() == TASKS
    assert all(boot.process.poll() is None for boot in boots)


def test_a_server_that_ends_idle_transactions(fleet: Fleet, ledger: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = '50ms'")
    try:
        names = chaos.enqueue_recorded(ledger, chaos.seeded(), 200, longest=0.02, attempts=1)
        boot = fleet.burst("--concurrency", "2", seconds=90)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER ROLE CURRENT_USER RESET idle_in_transaction_session_timeout")
    assert ledger.count("end") == Counter(names)
    assert "Traceback" not in boot.lines
