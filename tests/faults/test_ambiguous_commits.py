"""COMMIT fails, and nobody knows whether it happened: every task still runs once and ends once."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from django_simple_queue.models import Task, Worker
from tests.engine.fleet import Fleet, Ledger
from tests.faults import chaos
from tests.support.waiting import wait_until

TASKS, WORKERS, SHARE = 1_000, 3, "0.05"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.sqlite, pytest.mark.postgres]


def flaky_database() -> dict[str, dict[str, object]]:
    """The test's database behind a backend that breaks."""
    engine = connection.settings_dict["ENGINE"].rpartition(".")[2]
    return {"default": {**connection.settings_dict, "ENGINE": f"tests.support.flaky.{engine}"}}


def test_a_commit_that_may_have_happened_is_settled(fleet: Fleet, ledger: Ledger) -> None:
    chance = chaos.seeded()
    names = chaos.enqueue_recorded(ledger, chance, TASKS, longest=0, attempts=1)
    environments = [{"FLAKY_COMMITS": SHARE, "FLAKY_SEED": str(chance.random())} for _ in range(WORKERS)]
    boots = [fleet.start("--concurrency", "1", env=each, databases=flaky_database()) for each in environments]
    wait_until(chaos.all_ended, 120, "every task has ended")
    assert ledger.count("start") == ledger.count("end") == Counter(names)
    assert Task.objects.filter(status=Task.COMPLETED).count() == TASKS
    assert any("before COMMIT" in boot.lines for boot in boots) and any("after COMMIT" in boot.lines for boot in boots)
    assert all(boot.process.poll() is None for boot in boots)
    assert not Worker.objects.filter(state=Worker.State.LOST).exists()
