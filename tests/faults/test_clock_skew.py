"""Hosts whose clocks are an hour wrong: leases, due times and durations are the database's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from django_simple_queue.models import Task, Worker
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet
from tests.faults import chaos
from tests.support.missing import cannot_run
from tests.support.waiting import wait_until

LEASE_SECONDS = 5
LIBRARY = "faketime/libfaketime.so.1"
MISSING = 'libfaketime is missing: run "apt-get install --no-install-recommends faketime".'
pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(120)]


def library() -> str:
    found = next(
        (str(path) for folder in ("/usr/lib", "/usr/local/lib") for path in Path(folder).glob(f"*/{LIBRARY}")), ""
    )
    if not found:
        cannot_run(MISSING)
    return found


def skewed(fleet: Fleet, hours: int) -> Boot:
    """A worker on a host whose wall clock is wrong; its monotonic clock is right, as a real one's."""
    env = {"LD_PRELOAD": library(), "FAKETIME": f"{hours * 3600:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return fleet.ready("--concurrency", "2", env=env, lease_seconds=LEASE_SECONDS)


def database_now() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_clocks_an_hour_wrong(fleet: Fleet) -> None:
    boots = [skewed(fleet, hours) for hours in (-1, 1)]
    began = timezone.now()
    later = began + timedelta(seconds=4)
    create_tasks({"task": TASKS + "noop", "args": {}, "run_after": moment} for moment in (None, later) * 100)
    wait_until(chaos.all_ended, 30, "every task has ended")
    for row in Task.objects.all():
        assert row.status == Task.COMPLETED, row.error
        assert row.run_after <= row.started <= row.finished <= database_now()
    wait_until(lambda: timezone.now() > began + timedelta(seconds=2 * LEASE_SECONDS), 15, "two leases have passed")
    assert set(Worker.objects.values_list("state", flat=True)) == {Worker.State.RUNNING}
    assert all(boot.process.poll() is None for boot in boots)
    assert set(Task.objects.values_list("epoch", flat=True)) == {1}
