"""Eight workers on one queue: every task starts once and ends once, by a ledger that the database knows nothing of."""

from __future__ import annotations

from collections import Counter

import pytest

from django_simple_queue.engine.dispatch import AHEAD_SECONDS
from django_simple_queue.models import Task, Worker
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Fleet, Ledger, is_alive
from tests.faults.chaos import overlaps
from tests.support.waiting import wait_until

TASKS_IN_ALL = 2000
WORKERS = 8
SECONDS = 0.02


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_eight_workers_run_every_task_once(fleet: Fleet, ledger: Ledger) -> None:
    names = [str(number) for number in range(TASKS_IN_ALL)]
    create_tasks([(TASKS + "recorded", {"ledger": ledger.path, "name": name}) for name in names])
    boots = [fleet.start("--burst", "--concurrency", "1", "-v", "0") for _ in range(WORKERS)]
    assert [boot.wait(180) for boot in boots] == [0] * WORKERS
    assert ledger.count("start") == ledger.count("end") == Counter(names)
    assert Task.objects.filter(status=Task.COMPLETED, attempt=1).count() == TASKS_IN_ALL
    assert not [boot.lines for boot in boots if "locked" in boot.lines or "Traceback" in boot.lines]
    assert set(Worker.objects.values_list("state", flat=True)) == {Worker.State.STOPPED}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_workers_and_children_lose_nothing(fleet: Fleet, ledger: Ledger) -> None:
    """A lost run is tried again, and so is one whose ending died with its worker; nothing else starts twice."""
    names = [str(number) for number in range(200)]
    calls = [
        {"task": TASKS + "recorded", "args": {"ledger": ledger.path, "name": n, "seconds": SECONDS}} for n in names
    ]
    create_tasks([{**call, "max_attempts": 10} for call in calls])
    victims = [fleet.ready("--concurrency", "2", lease_seconds=3) for _ in range(3)]
    for number, victim in enumerate(victims):
        ledger.wait_for("end", 20 * (number + 1), 60)
        victim.kill()
        children = victim.row.slots
        fleet.ready("--concurrency", str(children), lease_seconds=3)
    wait_until(lambda: settled(names), 120, "every task has ended")
    assert ledger.count("end").keys() == set(names)
    held = 2 * int(AHEAD_SECONDS / SECONDS)
    assert sum(ledger.count("start").values()) <= len(names) + held * len(victims)
    assert not any(is_alive(victim.pid) for victim in victims)
    assert overlaps(ledger.lines) == []


def settled(names: list[str]) -> bool:
    Task.objects.retrying().start_now()
    return Task.objects.filter(status=Task.COMPLETED).count() == len(names)


def test_a_planted_overlap_is_found() -> None:
    killed_and_tried_again = [["start", "a", "1"], ["start", "a", "2"], ["end", "a", "2"]]
    assert overlaps(killed_and_tried_again) == []
    assert overlaps([*killed_and_tried_again, ["end", "a", "1"]]) == ["a"]
