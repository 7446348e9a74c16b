"""Behind PgBouncer in transaction mode a worker does all that it does elsewhere, and polls."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.support.missing import cannot_run
from tests.support.pgbouncer import PgBouncer
from tests.support.servers import ServerMissing
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a process that reaches the test's database through the pooler."""
    settings = connection.settings_dict
    try:
        pooler = PgBouncer(settings["HOST"], settings["NAME"]).start()
    except ServerMissing as error:
        cannot_run(str(error))
    try:
        yield {"TEST_DATABASE_URL": pooler.url()}
    finally:
        pooler.close()


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
