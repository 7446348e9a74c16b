"""PostgreSQL restarts, crashes and stays away, five times over, while four workers work."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, Ledger
from tests.faults import chaos, soak
from tests.faults.test_outage import postgres, stop_cleanly
from tests.support.servers import Server
from tests.support.waiting import wait_until

__all__ = ["postgres"]
TASKS, WORKERS, CYCLES, AWAY_SECONDS = 4_000, 4, 5, 15
pytestmark = [pytest.mark.postgres, pytest.mark.soak, pytest.mark.timeout(900)]


def test_five_cycles_of_outages(fleet: Fleet, ledger: Ledger, postgres: Server) -> None:
    names = chaos.enqueue_recorded(ledger, chaos.seeded(), TASKS, longest=0.2, attempts=1)
    boots = [fleet.ready("--concurrency", "2") for _ in range(WORKERS)]
    recoveries = []
    for cycle in range(CYCLES):
        for mode in ("fast", "immediate", "away"):
            ledger.wait_for("end", min(len(ledger.words("end")) + 80, TASKS), 60)
            connection.close()
            recoveries.append(outage(ledger, postgres, mode))
        print(f"cycle {cycle + 1} of {CYCLES}: back at work after {max(recoveries):.1f} s at most")
    wait_until(chaos.all_ended, 300, "every task has ended")
    found = chaos.verdict(ledger, names)
    soak.note(what="PostgreSQL outages", outages=len(recoveries), slowest_recovery=f"{max(recoveries):.1f} s", **found)
    assert ledger.count("start") == ledger.count("end") == Counter(names)
    wrong = Task.objects.exclude(status=Task.COMPLETED).values_list("status", "error")
    assert not wrong, f"{Counter(wrong)}\n" + "\n".join(boot.lines[-3000:] for boot in boots)
    stop_cleanly(boots)


def outage(ledger: Ledger, postgres: Server, mode: str) -> float:
    """Let the server go and come back; the seconds from its return until a task begins."""
    postgres.stop("fast" if mode == "away" else mode)
    back_at = time.monotonic() + (AWAY_SECONDS if mode == "away" else 0)
    wait_until(lambda: time.monotonic() >= back_at, AWAY_SECONDS + 5, "the outage is over")
    started = len(ledger.words("start"))
    postgres.resume()
    back = time.monotonic()
    ledger.wait_for("start", started + 1, 60)
    return time.monotonic() - back
