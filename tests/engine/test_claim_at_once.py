"""PostgreSQL: a worker that has nothing to report looks, proves its lease and claims in one message."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from django_simple_queue.engine import janitor, store
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Task, Worker
from tests.engine.storing import claim, enqueue, live_worker, reload
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
TASK = Task._meta.db_table
# Not by a lock, for which a claim waits a second at most.
TRIGGER = """CREATE TABLE stalled (); CREATE FUNCTION stall() RETURNS trigger AS $$ BEGIN {body}; RETURN NEW; END $$
    LANGUAGE plpgsql; CREATE TRIGGER stall BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION stall()"""
UNTIL_THE_TABLE_IS_EMPTY = "WHILE EXISTS (SELECT 1 FROM stalled) LOOP PERFORM PG_SLEEP(0.02); END LOOP"
ACTIVITY = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = CURRENT_DATABASE() AND "


def claim_elsewhere(worker):
    """As a worker does: a lock that is not to be had within a second is asked for again."""
    try:
        while True:
            with suppress(OperationalError):
                return claim(worker)
    finally:
        connection.close()


def somebody(does):
    with connection.cursor() as cursor:
        cursor.execute("SELECT PG_STAT_CLEAR_SNAPSHOT()")  # a transaction sees the same activity until its end
        cursor.execute(ACTIVITY + does)
        return cursor.fetchone() == (1,)


@pytest.fixture
def on_update():
    """Let every change of a task do something first."""
    with connection.cursor() as cursor:
        yield lambda body: cursor.execute(TRIGGER.format(table=TASK, body=body))
        cursor.execute(f"DROP TRIGGER stall ON {TASK}; DROP FUNCTION stall; DROP TABLE stalled")


@contextmanager
def stalled_claims():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stalled DEFAULT VALUES")
        try:
            yield
        finally:
            cursor.execute("DELETE FROM stalled")


def test_one_message_is_enough_and_needs_no_transaction_of_ours():
    worker, (task,) = live_worker(), enqueue()
    with CaptureQueriesContext(connection) as queries:
        assert [each.id for each in claim(worker, 5)] == [task.pk]
    assert list(queries) == []
    assert (reload(task).status, task.worker) == (Task.PROGRESS, worker.pk)


def test_where_nothing_is_due_nothing_is_locked():
    """A lock would be written to disk, by each idle worker whenever another one is quicker to take a task."""
    worker = live_worker()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmax FROM {Worker._meta.db_table} WHERE id = %s", [worker.pk])
        before = cursor.fetchone()
        assert claim(worker) == []
        cursor.execute(f"SELECT xmax FROM {Worker._meta.db_table} WHERE id = %s", [worker.pk])
        assert cursor.fetchone() == before


def test_a_task_that_comes_between_look_and_claim_waits_for_the_next_look(monkeypatch):
    """Nothing is claimed without the lock, which is taken only for what the look has seen."""
    from django_simple_queue.engine.store import postgresql_sql

    worker, (task,) = live_worker(), enqueue()
    blind = postgresql_sql.glance("SELECT FALSE, NULL::float8")
    monkeypatch.setattr(postgresql_sql, "GLANCE", blind)
    assert claim(worker) == []
    assert reload(task).status == Task.QUEUED


def test_a_claim_that_fails_leaves_no_transaction_behind(on_update):
    worker, (task,) = live_worker(), enqueue()
    on_update("PERFORM 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        opened().glance(worker.pk, 1, ())
    assert not connection.in_atomic_block
    assert connection.connection.info.transaction_status.name == "IDLE"
    assert reload(task).status == Task.QUEUED


def test_a_claim_waits_for_the_verdict_of_a_reaper():
    worker, (task,) = live_worker(), enqueue()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Worker.objects.select_for_update().get(pk=worker.pk)
            claiming = threads.submit(claim_elsewhere, worker)
            wait_until(lambda: somebody("wait_event_type = 'Lock'"), 10, "the claim waits for the worker's row")
            Worker.objects.filter(pk=worker.pk).update(state=Worker.State.LOST)
        with pytest.raises(store.LeaseLost):
            claiming.result(30)
    assert reload(task).status == Task.QUEUED


def test_a_reaper_misses_no_claim_that_is_under_way(on_update):
    reaper, worker, (task,) = live_worker(), live_worker(), enqueue()
    on_update(UNTIL_THE_TABLE_IS_EMPTY)
    Worker.objects.filter(pk=worker.pk).update(lease_until=Now() + timedelta(seconds=3))
    with ThreadPoolExecutor(1) as threads:
        with stalled_claims():
            claiming = threads.submit(claim_elsewhere, worker)
            wait_until(lambda: somebody("wait_event = 'PgSleep'"), 10, "the claim is under way")
            wait_until(Worker.objects.filter(pk=worker.pk, lease_until__lte=Now()).exists, 10, "the lease ends")
            janitor.tick(reaper.pk)
            assert reload(worker).state == Worker.State.RUNNING
        assert [each.id for each in claiming.result(30)] == [task.pk]
    janitor.tick(reaper.pk)
    assert (reload(worker).state, reload(task).status) == (Worker.State.LOST, Task.FAILED)
