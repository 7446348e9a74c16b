"""A worker dies at the worst moments: every task still ends, once, and never runs twice at the same time."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now

from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.utils import create_task
from tests.engine.fleet import Boot, Fleet, Ledger, enqueue, is_alive, wait_for_status
from tests.faults import chaos
from tests.faults.harm import PATH
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LEASE_SECONDS = 3
NAMES = ["a", "b", "c"]
WORKER_DIES = ["registered", "claimed", "result not written", "written, not committed", "committed", "heartbeat"]
GUARD_DIES = ["guard, before a fork", "guard, after a fork"]


def deadly(fleet: Fleet, point: str, *arguments: str) -> Boot:
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.faults.with_kill_point",
        "KILL_POINT": point,
        "KILL_ONCE": str(fleet.home / "killed"),
    }
    return fleet.start("--concurrency", "2", *arguments, env=env, lease_seconds=LEASE_SECONDS)


def enqueue_recorded(ledger: Ledger) -> None:
    for name in NAMES:
        enqueue("recorded", {"ledger": ledger.path, "name": name, "seconds": 0.05}, max_attempts=5)


def check(ledger: Ledger) -> None:
    wait_until(chaos.all_ended, 60, "every task has ended")
    assert Task.objects.filter(status=Task.COMPLETED).count() == len(NAMES)
    assert ledger.count("end").keys() == set(NAMES)
    assert chaos.overlaps(ledger.lines) == []
    assert chaos.doubles() == 0


@pytest.mark.parametrize("point", WORKER_DIES)
def test_the_worker_dies(fleet: Fleet, ledger: Ledger, point: str) -> None:
    enqueue_recorded(ledger)
    assert deadly(fleet, point).wait(60) == -signal.SIGKILL
    fleet.ready("--concurrency", "2", lease_seconds=LEASE_SECONDS)
    check(ledger)


@pytest.mark.parametrize("point", GUARD_DIES)
def test_the_guard_dies(fleet: Fleet, ledger: Ledger, point: str) -> None:
    enqueue_recorded(ledger)
    boot = deadly(fleet, point)
    check(ledger)
    boot.says("another one takes its place")
    assert set(ledger.count("start").values()) == {1}


def test_the_worker_dies_as_it_leaves(fleet: Fleet, ledger: Ledger) -> None:
    enqueue_recorded(ledger)
    assert deadly(fleet, "leaving", "--burst").wait(60) == -signal.SIGKILL
    check(ledger)
    assert ledger.count("start") == Counter(NAMES)


def test_the_reaper_dies_in_the_middle(fleet: Fleet, ledger: Ledger) -> None:
    lost = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)
    task = enqueue("sleep", {"ledger": ledger.path, "seconds": 600})
    ledger.wait_for("start")
    lost.kill()
    assert deadly(fleet, "reaping").wait(60) == -signal.SIGKILL
    assert Task.objects.get(pk=task).status == Task.PROGRESS
    fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)
    wait_for_status(task, Task.FAILED, 30)
    assert Attempt.objects.filter(task=task).count() == 1


def test_a_task_that_kills_its_worker_stops_at_the_cap(fleet: Fleet, ledger: Ledger) -> None:
    poison = create_task(PATH + "kill_the_worker", {"ledger": ledger.path}, max_attempts=3)
    # A run that was not stored yet when its worker was killed is lost with it, and repeated.
    others = [enqueue("noop", max_attempts=4) for _ in range(20)]
    boots: list[Boot] = []

    def settled() -> bool:
        if not boots or boots[-1].process.poll() is not None:
            boots.append(fleet.start("--concurrency", "1", lease_seconds=LEASE_SECONDS))
        return chaos.all_ended()

    wait_until(settled, 120, "the poison pill is out of attempts, and the others have ended")
    assert Task.objects.get(pk=poison).status == Task.FAILED
    assert len(ledger.words("poison")) == Task.objects.get(pk=poison).attempt == 3
    assert list(Attempt.objects.filter(task=poison).values_list("outcome", flat=True)) == ["lost"] * 3
    assert Task.objects.filter(pk__in=others, status=Task.COMPLETED).count() == 20
    assert len(boots) == 4


def test_a_second_worker_of_the_same_name_and_number(fleet: Fleet, ledger: Ledger) -> None:
    """Containers are started anew with the same host name and process id: only the boot's own id counts."""
    boot = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)
    row = boot.row
    twin = Worker(host=row.host, pid=row.pid, lease_until=Now() - timedelta(seconds=60))
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 2 * LEASE_SECONDS})
    ledger.wait_for("start")
    twin.save(force_insert=True)
    lost = Task.objects.create(task="tests.tasks.noop", args="{}", status=Task.PROGRESS, worker=twin.pk, epoch=1)
    wait_for_status(lost.pk, Task.FAILED)
    assert Worker.objects.get(pk=twin.pk).state == Worker.State.LOST
    assert wait_for_status(task, Task.COMPLETED).epoch == 1
    assert Worker.objects.get(pk=row.pk).state == Worker.State.RUNNING


def test_five_signals_to_stop(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "2")
    task = enqueue("sleep", {"ledger": ledger.path, "seconds": 600})
    ((child,),) = ledger.wait_for("start")
    boot.send(signal.SIGTERM)
    boot.says("stopping")
    for _ in range(4):
        boot.send(signal.SIGTERM)
    assert boot.wait(15) == 0
    assert not is_alive(int(child))
    assert Task.objects.get(pk=task).error == "The worker was stopped while the task ran."


def test_a_stop_while_it_starts(fleet: Fleet) -> None:
    boot = fleet.start("--concurrency", "4")
    wait_until(lambda: Path(f"/proc/{boot.pid}/task/{boot.pid}/children").read_text(), 20, "it has forked its guard")
    guard = boot.guard
    boot.send(signal.SIGTERM)
    assert boot.wait(20) == 0
    wait_until(lambda: not is_alive(guard), 5, "the guard is gone")
    assert not Worker.objects.exclude(state=Worker.State.STOPPED).exists()
