"""The database goes away while tasks run: no worker dies, nothing runs twice, nothing stays in progress."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet, Ledger, enqueue, is_alive, stopped, wait_for_status
from tests.faults.chaos import all_ended
from tests.support.servers import Server
from tests.support.waiting import wait_until


@pytest.fixture
def postgres(fleet: Fleet, postgres_cluster: Server) -> Iterator[Server]:
    """The test's server is quick because it forgets its latest commits in a crash; here it must remember them."""
    execute("ALTER ROLE CURRENT_USER SET synchronous_commit = on")
    connection.close()
    yield postgres_cluster
    connection.close()
    execute("ALTER ROLE CURRENT_USER RESET synchronous_commit")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(240)]


def stop_cleanly(boots: list[Boot]) -> None:
    for boot in boots:
        assert boot.process.poll() is None, boot.lines
        boot.send(signal.SIGTERM)
    assert [boot.wait(30) for boot in boots] == [0] * len(boots)
    assert not [boot.lines for boot in boots if "Traceback" in boot.lines]


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_restart_under_load(fleet: Fleet, ledger: Ledger, postgres: Server, mode: str) -> None:
    names = [str(number) for number in range(1500)]
    boots = [fleet.ready("--concurrency", "2") for _ in range(3)]
    create_tasks([(TASKS + "recorded", {"ledger": ledger.path, "name": n, "seconds": 0.01}) for n in names])
    for share in (100, 600):
        ledger.wait_for("end", share, 60)
        connection.close()
        postgres.restart(mode)
    wait_until(all_ended, 90, "every task has ended")
    wrong = Task.objects.exclude(status=Task.COMPLETED).values_list("status", "error")
    assert not wrong, f"{Counter(wrong)}\n" + "\n".join(boot.lines[-3000:] for boot in boots)
    assert ledger.count("start") == ledger.count("end") == Counter(names)
    stop_cleanly(boots)


def test_what_ends_while_the_database_is_away_is_stored(fleet: Fleet, ledger: Ledger, postgres: Server) -> None:
    boot = fleet.ready("--concurrency", "1")
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 1})
    ledger.wait_for("start")
    connection.close()
    postgres.stop("immediate")
    try:
        ledger.wait_for("end")
        boot.says("database does not answer")
        noticed = timezone.now() + timedelta(seconds=0.5)
        wait_until(lambda: timezone.now() > noticed, 5, "the child has long reported to its worker")
    finally:
        postgres.resume()
    wait_until(all_ended, 20, "the ending is stored")
    ended = Task.objects.get(pk=task)
    assert ended.output == "one"
    assert ended.finished <= noticed < ended.modified
    boot.says("database answers again")
    stop_cleanly([boot])


def test_an_outage_longer_than_the_lease_ends_what_runs(fleet: Fleet, ledger: Ledger, postgres: Server) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    task = enqueue("tidy", {"ledger": ledger.path})
    ((child,),) = ledger.wait_for("start")
    children = boot.children
    connection.close()
    lease_is_over = time.monotonic() + 3.5
    postgres.stop("immediate")
    try:
        wait_until(lambda: child not in map(str, boot.children), 5, "the child is ended before the lease is over")
        wait_until(lambda: time.monotonic() > lease_is_over, 5, "the lease is over")
    finally:
        postgres.resume()
    assert boot.wait(20) == 1
    assert child in map(str, children)
    assert "leaving: The lease of worker" in boot.lines
    assert Task.objects.get(pk=task).status in (Task.PROGRESS, Task.FAILED)
    fleet.ready("--concurrency", "1", lease_seconds=3)
    wait_until(all_ended, 15, "another worker settles the task")


def test_what_ended_in_an_outage_longer_than_the_lease_is_stored(
    fleet: Fleet, ledger: Ledger, postgres: Server
) -> None:
    """The lease is lost, and with it the right to claim; what has ended is told all the same."""
    first = fleet.ready("--concurrency", "1", lease_seconds=3)
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 1})
    ledger.wait_for("start")
    other = fleet.ready("--concurrency", "1", lease_seconds=3)
    connection.close()
    postgres.stop("immediate")
    try:
        ledger.wait_for("end")
        leases_are_over = time.monotonic() + 3.5
        wait_until(lambda: time.monotonic() > leases_are_over, 5, "all leases are over")
    finally:
        postgres.resume()
    assert [first.wait(20), other.wait(20)] == [1, 1]
    assert (Task.objects.get(pk=task).status, Task.objects.get(pk=task).output) == (Task.COMPLETED, "one")


def test_connections_that_fall_silent_cost_no_run(fleet: Fleet, ledger: Ledger, postgres: Server) -> None:
    """No error, no answer, but a new connection has one: the worker hangs up in time and asks again."""
    boot = fleet.ready("--concurrency", "1", lease_seconds=6)
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 8})
    ledger.wait_for("start")
    with ExitStack() as silence:
        for backend in backends():
            silence.enter_context(stopped(backend))
        assert wait_for_status(task, Task.COMPLETED).output == "one"
    boot.says("database answers again")
    assert "database does not answer, trying again: no answer for" in boot.lines
    assert "Traceback" not in boot.lines
    assert boot.process.poll() is None


def test_a_stop_while_the_database_is_away(fleet: Fleet, postgres: Server) -> None:
    boot = fleet.ready("--concurrency", "2")
    pids = wait_until(lambda: len(boot.children) == 2 and [boot.guard, *boot.children], 10, "the children are there")
    connection.close()
    postgres.stop("immediate")
    try:
        boot.send(signal.SIGTERM)
        assert boot.wait(30) == 1
    finally:
        postgres.resume()
    assert "leaving while the database does not answer" in boot.lines
    assert not any(map(is_alive, pids))


def backends() -> list[int]:
    """The server processes behind all connections but ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]
