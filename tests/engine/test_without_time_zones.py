"""A project with USE_TZ = False: times are those of its own zone, and a worker runs what is due."""

from __future__ import annotations

import json

import pytest

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet
from tests.support.processes import environment, start_manage

pytestmark = [pytest.mark.sqlite, pytest.mark.postgres]
NO_CONSOLE = {"SILENCED_SYSTEM_CHECKS": ["simple_queue_dashboard.E005"]}
LOCAL = {"TEST_SETTINGS": json.dumps({"USE_TZ": False, "TIME_ZONE": "Asia/Kolkata", **NO_CONSOLE})}
ENQUEUE = """
from datetime import UTC, datetime, timedelta
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
noon = datetime(2026, 1, 2, 12)
for run_after in (noon, noon.replace(tzinfo=UTC), timedelta(seconds=-1), None):
    print(Task.objects.get(pk=create_task("tests.tasks.noop", {}, run_after=run_after)).run_after)
try:
    create_task("tests.tasks.noop", {}, run_after=datetime.max.replace(tzinfo=UTC))
except ValueError as error:
    print(error)
"""


def test_run_after_is_a_time_of_the_project_s_zone(fleet: Fleet) -> None:
    process = start_manage("shell", "-v", "0", "--command", ENQUEUE, env=environment() | LOCAL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    naive, aware, *_, refused = out.splitlines()
    assert (naive, aware) == ("2026-01-02 12:00:00", "2026-01-02 17:30:00")
    assert refused.startswith("run_after must be a time that a calendar has in UTC too, not 9999-12-31T23:59:59")
    boot = fleet.start("--burst", "--concurrency", "1", env=LOCAL)
    assert boot.wait() == 0, boot.lines
    assert list(Task.objects.values_list("status", flat=True)) == [Task.COMPLETED] * 4
