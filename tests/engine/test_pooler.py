"""Behind PgBouncer in transaction mode a worker does all that it does elsewhere, and polls; TLS changes nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.support.missing import cannot_run
from tests.support.pgbouncer import PgBouncer, TlsDoor
from tests.support.servers import ServerMissing
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a process that reaches the test's database through the pooler."""
    yield from through(PgBouncer)


@pytest.fixture
def encrypted(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a process that reaches it with TLS."""
    yield from through(TlsDoor)


def through(door: type[PgBouncer]) -> Iterator[dict[str, str]]:
    settings = connection.settings_dict
    opened = door(settings["HOST"], settings["NAME"])
    try:
        opened.start()
    except ServerMissing as error:
        cannot_run(str(error))
    try:
        yield {"TEST_DATABASE_URL": opened.url()}
    finally:
        opened.close()


def test_two_workers_run_fail_retry_and_stop(fleet: Fleet, pooled: dict[str, str]) -> None:
    many = [enqueue("noop") for _ in range(200)]
    bad, again = enqueue("fail"), enqueue("ask_again", {"after": 0}, max_attempts=2)
    boots = [fleet.ready("--concurrency", "2", env=pooled) for _ in range(2)]
    boots[0].says("a pooler stands before the database")
    wait_until(lambda: Task.objects.filter(pk__in=many, status=Task.COMPLETED).count() == 200, 40, "all have run")
    assert wait_for_status(bad, Task.FAILED).attempt == 1
    assert wait_for_status(again, Task.FAILED).attempt == 2
    assert set(Task.objects.filter(pk__in=many).values_list("epoch", flat=True)) == {1}
    for boot in boots:
        boot.send(signal.SIGTERM)
    assert [boot.wait() for boot in boots] == [0, 0]


def test_a_running_task_is_cancelled(fleet: Fleet, pooled: dict[str, str]) -> None:
    task = enqueue("sleep")
    fleet.ready("--concurrency", "1", env=pooled)
    wait_for_status(task, Task.PROGRESS)
    assert Task.objects.filter(pk=task).cancel() == 1
    wait_for_status(task, Task.CANCELLED)


def test_children_share_no_encrypted_connection_with_the_parent(fleet: Fleet, encrypted: dict[str, str]) -> None:
    """Two processes on one would garble it for both; every child here is forked while the parent has one."""
    tasks = [enqueue("says_whether_it_is_encrypted") for _ in range(200)]
    boot = fleet.ready("--concurrency", "2", env=encrypted, max_tasks_per_child=5)
    wait_until(lambda: Task.objects.filter(pk__in=tasks, status=Task.COMPLETED).count() == 200, 60, "all have run")
    ran = Task.objects.filter(pk__in=tasks)
    assert set(ran.values_list("output", "epoch")) == {("True", 1)}
    assert ran.values("worker_pid").distinct().count() >= 40
    boot.send(signal.SIGTERM)
    assert boot.wait() == 0
    assert not [line for line in boot.lines.splitlines() if " ERROR " in line or " WARNING " in line]
