"""A result that is larger than what MariaDB lets through in one packet ends FAILED with the reason, alone."""

from __future__ import annotations

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, enqueue
from tests.engine.storing import completed, live_worker, row, running, write

MEBIBYTE = 1024 * 1024

pytestmark = pytest.mark.mariadb


@pytest.fixture
def small_packets(transactional_db):
    """New connections take 1 MiB at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@global.max_allowed_packet")
        ((before,),) = cursor.fetchall()
        cursor.execute("SET GLOBAL max_allowed_packet = %s", [MEBIBYTE])
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET GLOBAL max_allowed_packet = %s", [before])
    connection.close()


@pytest.mark.parametrize("output", ["x" * 2 * MEBIBYTE, "\n" * 700_000], ids=["long", "long once it is escaped"])
def test_the_others_of_its_batch_are_stored(small_packets, output):
    worker = live_worker()
    large, small = running(worker), running(worker)
    assert write(worker, completed(large, output=output), completed(small)) == {
        (large.id, large.epoch): Task.FAILED,
        (small.id, small.epoch): Task.COMPLETED,
    }
    assert "more than max_allowed_packet of the database, 1,048,576, lets through" in row(large).error
    assert row(small).output == "done"


def test_a_worker_goes_on(small_packets, fleet: Fleet):
    large, after = enqueue("big_output", {"size": 3 * MEBIBYTE}, max_attempts=3), enqueue("noop")
    fleet.burst("--concurrency", "1")
    failed = Task.objects.get(pk=large)
    assert (failed.status, failed.error_class, failed.attempt) == (Task.FAILED, "ResultNotStored", 1)
    assert Task.objects.get(pk=after).status == Task.COMPLETED
