"""Real workers that are paused, resumed and drained while they work."""

from __future__ import annotations

from django_simple_queue.models import QueuePause, Task, Worker
from django_simple_queue.models.control import drain_worker, pause_queue, pause_worker, resume_queue, resume_worker
from tests.engine.fleet import Fleet, Ledger, enqueue, wait_for_heartbeats, wait_for_status


def test_a_paused_worker_renews_its_lease_and_claims_nothing_until_it_is_resumed(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    pause_worker(boot.row.pk)
    task = enqueue("noop")
    wait_for_heartbeats(boot)
    assert Task.objects.get(pk=task).status == Task.QUEUED
    assert boot.row.state == Worker.State.PAUSED
    resume_worker(boot.row.pk)
    wait_for_status(task, Task.COMPLETED)


def test_a_paused_worker_finishes_what_it_runs(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    first = enqueue("recorded", {"ledger": ledger.path, "name": "first", "seconds": 1.0})
    ledger.wait_for("start")
    pause_worker(boot.row.pk)
    second = enqueue("noop")
    wait_for_status(first, Task.COMPLETED)
    wait_for_heartbeats(boot)
    assert Task.objects.get(pk=second).status == Task.QUEUED


def test_a_paused_queue_gives_nothing_while_the_others_go_on(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "2", lease_seconds=3)
    pause_queue("mail", "maintenance", "ada")
    waits, runs = enqueue("noop", queue="mail"), enqueue("noop")
    wait_for_status(runs, Task.COMPLETED)
    wait_for_heartbeats(boot)
    assert Task.objects.get(pk=waits).status == Task.QUEUED
    resume_queue("mail", "ada")
    wait_for_status(waits, Task.COMPLETED)


def test_all_queues_paused_also_for_a_worker_of_named_queues(fleet: Fleet) -> None:
    pause_queue(QueuePause.ALL, "Fire", "ada")
    everywhere, named = fleet.ready(lease_seconds=3), fleet.ready("--queues", "mail", lease_seconds=3)
    tasks = [enqueue("noop"), enqueue("noop", queue="mail")]
    wait_for_heartbeats(everywhere)
    wait_for_heartbeats(named)
    assert set(Task.objects.values_list("status", flat=True)) == {Task.QUEUED}
    resume_queue(QueuePause.ALL, "ada")
    for task in tasks:
        wait_for_status(task, Task.COMPLETED)


def test_a_drained_idle_worker_leaves(fleet: Fleet) -> None:
    boot = fleet.ready(lease_seconds=600)
    drain_worker(boot.row.pk)
    assert boot.wait() == 0, boot.lines
    assert boot.row.state == Worker.State.STOPPED
    assert "draining: running tasks finish, nothing new is started" in boot.lines


def test_a_drained_worker_finishes_what_runs_and_gives_back_what_it_claimed_ahead(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=600)
    for number in range(200):
        enqueue("recorded", {"ledger": ledger.path, "name": f"quick-{number}", "seconds": 0.03})
    ledger.wait_for("end", 20)
    drain_worker(boot.row.pk)
    assert boot.wait() == 0, boot.lines
    assert ledger.count("start") == ledger.count("end")
    left = Task.objects.exclude(status=Task.COMPLETED)
    assert set(left.values_list("status", "attempt", "worker")) == {(Task.QUEUED, 0, None)}
    assert left.count() == 200 - len(ledger.words("end"))


def test_a_drained_worker_whose_last_run_was_killed_leaves(fleet: Fleet) -> None:
    """Its child was to run one task only, so that none is left on duty that could tell of the failure."""
    boot = fleet.ready("--concurrency", "1", lease_seconds=3, max_tasks_per_child=1)
    task = enqueue("sleep", {"seconds": 600}, timeout=4)
    wait_for_status(task, Task.PROGRESS)
    drain_worker(boot.row.pk)
    assert boot.wait(60) == 0
    assert Task.objects.get(pk=task).status == Task.FAILED


def test_a_drained_paused_worker_leaves(fleet: Fleet) -> None:
    boot = fleet.ready(lease_seconds=600)
    pause_worker(boot.row.pk)
    drain_worker(boot.row.pk)
    assert boot.wait() == 0, boot.lines
    assert boot.row.state == Worker.State.STOPPED
