"""Ten thousand tasks, fifty kill -9: nothing lost, nothing ended twice, nothing run twice at once."""

from __future__ import annotations

import pytest

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, Ledger
from tests.faults import chaos, soak
from tests.support.waiting import wait_until

WORKERS, TASKS, KILLS = 8, 10_000, 50
LEASE_SECONDS = 2
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.mark.parametrize("round_number", range(3))
def test_fifty_kills_among_ten_thousand_tasks(fleet: Fleet, ledger: Ledger, round_number: int) -> None:
    chance = chaos.seeded()
    names = chaos.enqueue_recorded(ledger, chance, TASKS, longest=0.02, attempts=KILLS + 1)
    boots = [fleet.start("--concurrency", "1", "-v", "0", lease_seconds=LEASE_SECONDS) for _ in range(WORKERS)]
    ledger.wait_for("end", 100, 60)
    kills = chaos.kill_at_random(fleet, boots, chance, KILLS, pause=(0.1, 0.5), lease_seconds=LEASE_SECONDS)
    wait_until(chaos.all_ended, 300, "every task has ended")
    found = chaos.verdict(ledger, names)
    soak.note(what="kill -9", tasks=TASKS, workers=WORKERS, kills=kills, double=chaos.doubles(), **found)
    assert (found["lost"], found["never run"], found["overlaps"], chaos.doubles()) == (0, 0, 0, 0)
    assert Task.objects.filter(status=Task.COMPLETED).count() == TASKS
