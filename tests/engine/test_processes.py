"""Timeouts, cancellations, crashes, signals to the worker: real processes end in time, and nothing stays behind."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from django_simple_queue.engine.sessions import drop_open_transactions
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.utils import create_task
from tests.engine.fleet import Fleet, Ledger, enqueue, is_alive, stopped, wait_for_status
from tests.faults.harm import PATH as HARM
from tests.support.waiting import wait_until
from tests.tasks import ask_the_database, leave_transaction_open


def nothing_in_progress() -> bool:
    return not Task.objects.filter(status=Task.PROGRESS).exists()


def test_timeout(fleet: Fleet, ledger: Ledger) -> None:
    slow, stubborn = (enqueue(name, timeout=1) for name in ("sleep", "stubborn"))
    in_c = create_task(HARM + "in_c_code", {"ledger": ledger.path}, timeout=1)
    quick = enqueue("noop")
    fleet.burst("--concurrency", "2")
    for task in (slow, stubborn, in_c):
        row = Task.objects.get(pk=task)
        assert (row.status, row.error) == (Task.FAILED, "Task timed out after 1 seconds")
        assert Attempt.objects.get(task=task).outcome == "timed_out"
    assert Task.objects.get(pk=quick).status == Task.COMPLETED


def test_timeout_of_the_setting_and_none_at_all(fleet: Fleet) -> None:
    limited, free = enqueue("sleep", {"seconds": 20}), enqueue("sleep", {"seconds": 1.5}, timeout=0)
    fleet.burst("--concurrency", "2", task_timeout=1)
    assert Task.objects.get(pk=limited).error == "Task timed out after 1 seconds"
    assert Task.objects.get(pk=free).status == Task.COMPLETED


def test_a_timeout_lets_the_task_clean_up(fleet: Fleet, ledger: Ledger) -> None:
    enqueue("tidy", {"ledger": ledger.path}, timeout=3)
    fleet.burst("--concurrency", "1")
    assert ledger.words("cleaned")


def test_a_timeout_ends_what_the_task_started(fleet: Fleet, ledger: Ledger) -> None:
    enqueue("helper", {"ledger": ledger.path}, timeout=3)
    fleet.burst("--concurrency", "1")
    ((helper,),) = ledger.words("helper")
    wait_until(lambda: not is_alive(int(helper)), 5, "the helper is gone")


def test_cancel_of_a_running_task(fleet: Fleet, ledger: Ledger) -> None:
    fleet.ready("--concurrency", "1")
    task = enqueue("sleep", {"ledger": ledger.path})
    ((child,),) = ledger.wait_for("start")
    Task.objects.filter(pk=task).cancel()
    wait_for_status(task, Task.CANCELLED, 5)
    wait_until(lambda: not is_alive(int(child)), 2, "the child is gone")
    after = enqueue("noop")
    wait_for_status(after, Task.COMPLETED)
    assert Task.objects.get(pk=task).status == Task.CANCELLED
    assert Attempt.objects.get(task=task).outcome == "cancelled"


def test_cancel_of_a_queued_task(fleet: Fleet, ledger: Ledger) -> None:
    cancelled = enqueue("recorded", {"ledger": ledger.path, "name": "cancelled"})
    enqueue("recorded", {"ledger": ledger.path, "name": "other"})
    Task.objects.filter(pk=cancelled).cancel()
    fleet.burst()
    assert ledger.count("start") == {"other": 1}
    assert Task.objects.get(pk=cancelled).status == Task.CANCELLED


def test_kill_of_a_child_in_the_middle(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "2")
    task = enqueue("sleep", {"ledger": ledger.path})
    ((child,),) = ledger.wait_for("start")
    os.kill(int(child), signal.SIGKILL)
    row = wait_for_status(task, Task.FAILED, 3)
    assert row.error == "Worker subprocess exited with code -9 (killed by SIGKILL; out of memory?)"
    wait_until(lambda: len(boot.children) == 2, 5, "the child is replaced")
    wait_for_status(enqueue("noop"), Task.COMPLETED)


def test_kill_of_the_worker(fleet: Fleet, ledger: Ledger) -> None:
    lost = fleet.ready("--concurrency", "2", lease_seconds=3)
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 60})
    ((_, child),) = ledger.wait_for("start")
    children = lost.children
    lost.kill()
    wait_until(lambda: not any(map(is_alive, children)), 2, "the children are gone")
    assert child in map(str, children)
    fleet.ready("--concurrency", "2", lease_seconds=3)
    row = wait_for_status(task, Task.FAILED, 3 + 5)
    assert row.error and "The worker that ran this task is gone" in row.error
    assert Worker.objects.get(pid=lost.pid).state == Worker.State.LOST
    Task.objects.filter(pk=task).requeue()
    ledger.wait_for("start", 2)
    assert ledger.count("start") == {"one": 2}


def test_stop_when_idle(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "2")
    children = boot.children
    boot.send(signal.SIGTERM)
    assert boot.wait(5) == 0
    assert not any(map(is_alive, children))
    assert boot.row.state == Worker.State.STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_lets_running_tasks_finish(fleet: Fleet, ledger: Ledger, number: int) -> None:
    boot = fleet.ready("--concurrency", "1")
    running = enqueue("recorded", {"ledger": ledger.path, "name": "running", "seconds": 1.5})
    waiting = enqueue("recorded", {"ledger": ledger.path, "name": "waiting"})
    ledger.wait_for("start")
    boot.send(number)
    assert boot.wait(10) == 0
    assert Task.objects.get(pk=running).status == Task.COMPLETED
    assert Task.objects.get(pk=waiting).status == Task.QUEUED
    assert ledger.count("end") == {"running": 1}


def test_stop_ends_what_outlives_the_grace(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "2", shutdown_grace=1, lease_seconds=3)
    once = enqueue("sleep", {"ledger": ledger.path})
    again = enqueue("sleep", {"ledger": ledger.path}, max_attempts=3)
    ledger.wait_for("start", 2)
    boot.send(signal.SIGTERM)
    assert boot.wait(1 + 2 + 5) == 0
    row = Task.objects.get(pk=once)
    assert (row.status, row.error) == (Task.FAILED, "The worker was stopped while the task ran.")
    assert Task.objects.get(pk=again).status == Task.QUEUED
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"interrupted"}


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGQUIT,)])
def test_stop_at_once(fleet: Fleet, ledger: Ledger, numbers: tuple[int, ...]) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = enqueue("sleep", {"ledger": ledger.path})
    ledger.wait_for("start")
    for number in numbers:
        boot.send(number)
        boot.says("stopping")
    assert boot.wait(5) == 0
    assert Task.objects.get(pk=task).status == Task.FAILED
    assert nothing_in_progress()


def test_children_are_renewed(fleet: Fleet) -> None:
    tasks = [enqueue("pid") for _ in range(20)]
    fleet.burst("--concurrency", "2", max_tasks_per_child=3)
    pids = list(Task.objects.filter(pk__in=tasks).values_list("output", flat=True))
    assert len(pids) == 20
    assert max(map(pids.count, pids)) <= 3


def test_every_task_in_a_process_of_its_own(fleet: Fleet) -> None:
    tasks = [enqueue("pid") for _ in range(6)]
    fleet.burst("--concurrency", "2", max_tasks_per_child=1)
    assert len(set(Task.objects.filter(pk__in=tasks).values_list("output", flat=True))) == 6


def test_max_tasks(fleet: Fleet) -> None:
    for _ in range(5):
        enqueue("noop")
    boot = fleet.start("--concurrency", "2", "--max-tasks", "3")
    assert boot.wait() == 0
    assert Task.objects.filter(status=Task.COMPLETED).count() == 3
    assert Task.objects.filter(status=Task.QUEUED).count() == 2


def test_only_the_queues_named_in_their_order(fleet: Fleet, ledger: Ledger) -> None:
    for queue in ("default", "mail", "media"):
        enqueue("recorded", {"ledger": ledger.path, "name": queue}, queue=queue)
    fleet.burst("--concurrency", "1", "--queues", "media, mail")
    assert [name for name, _ in ledger.words("start")] == ["media", "mail"]
    assert Task.objects.get(queue="default").status == Task.QUEUED


def test_a_drained_worker_finishes_and_leaves(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    running = enqueue("recorded", {"ledger": ledger.path, "name": "running", "seconds": 2})
    ledger.wait_for("start")
    waiting = enqueue("noop")
    Worker.objects.filter(pid=boot.pid).update(state=Worker.State.DRAINING)
    assert boot.wait(15) == 0
    assert Task.objects.get(pk=running).status == Task.COMPLETED
    assert Task.objects.get(pk=waiting).status == Task.QUEUED


def test_a_drained_worker_that_is_told_to_stop_has_its_grace_and_no_more(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3, shutdown_grace=1)
    task = enqueue("sleep", {"ledger": ledger.path})
    ledger.wait_for("start")
    Worker.objects.filter(pid=boot.pid).update(state=Worker.State.DRAINING)
    boot.says("draining:")
    boot.send(signal.SIGTERM)
    assert boot.wait(1 + 2 + 5) == 0
    assert Task.objects.get(pk=task).error == "The worker was stopped while the task ran."


def test_a_worker_that_was_found_lost_ends_its_tasks_and_leaves(fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    task = enqueue("sleep", {"ledger": ledger.path})
    ((child,),) = ledger.wait_for("start")
    with stopped(boot.pid):
        other = fleet.ready("--concurrency", "1", lease_seconds=3)
        wait_for_status(task, Task.FAILED, 15)
    assert boot.wait(10) == 1
    assert not is_alive(int(child))
    assert "leaving: The lease of worker" in boot.lines
    assert other.process.poll() is None
    assert Task.objects.get(pk=task).status == Task.FAILED


def test_a_run_that_leaves_a_transaction_open_spoils_no_other(fleet: Fleet) -> None:
    left, *others = (enqueue(name) for name in ("leave_transaction_open", "ask_the_database", "ask_the_database"))
    fleet.burst("--concurrency", "1")
    assert Task.objects.get(pk=left).status == Task.COMPLETED
    assert set(Task.objects.filter(pk__in=others).values_list("status", "error")) == {(Task.COMPLETED, None)}
    assert len(set(Task.objects.filter(pk__in=others).values_list("worker_pid", flat=True))) == 1


def test_a_child_whose_run_left_a_transaction_open_is_replaced_at_once(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1")
    child = wait_for_status(enqueue("leave_transaction_open"), Task.COMPLETED).worker_pid
    wait_until(lambda: boot.children and child not in boot.children, 10, "another child has taken its place")


@pytest.mark.django_db(transaction=True)
def test_what_comes_after_a_transaction_left_open_has_a_connection_of_its_own() -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(leave_transaction_open).result()
        assert thread.submit(drop_open_transactions).result() is True
        assert thread.submit(ask_the_database).result() == "asked"
        assert thread.submit(drop_open_transactions).result() is False
        thread.submit(connections.close_all).result()
