"""A database of the older package, with rows in every status, goes forward, back and forward again."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from io import StringIO
from itertools import islice

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from django_simple_queue.models import Task

APP = "django_simple_queue"
OLD = (APP, "0002_task_error_task_log_task_worker_pid")
COLUMNS_ADDED = (APP, "0003_columns")
BACKFILLED = (APP, "0004_backfill")
INDEXED = (APP, "0005_indexes")
OLD_COLUMNS = "id created modified task args status output error log worker_pid".split()
ENDED = (2, 3, 4)
FOREIGN_PID = 2**22 + 17

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(*targets):
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


def model_at(*targets):
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps.get_model(APP, "Task")


@pytest.fixture
def older_database():
    """The schema of the older package; every app is migrated to the newest again in the end."""
    migrate(OLD)
    yield model_at(OLD)
    migrate()


def fill(model):
    """Rows in every status, of every shape that the older package left behind, with distinct times."""
    shapes = [
        {"args": None},
        {"args": ""},
        {"args": '{"a": 1}', "output": "ok\n", "error": "boom", "log": "a log"},
        {"task": "x" * 127, "worker_pid": FOREIGN_PID, "output": "é\U0001f600"},
    ]
    now = timezone.now().replace(microsecond=123456)
    for number in range(5 * len(shapes)):
        row = model(status=number % 5, **{"task": "shop.tasks.pay"} | shapes[number // 5])
        row.save(force_insert=True)
        created = now - timedelta(days=40, minutes=number * 7 % 20)
        model.objects.filter(pk=row.pk).update(created=created, modified=created + timedelta(minutes=1))


def contents(model):
    return sorted(map(repr, model.objects.values_list(*OLD_COLUMNS)))


def upgraded_row_is_right(row):
    assert row.run_after == row.created
    assert row.finished == (row.modified if row.status in ENDED else None)
    assert (row.due, row.queue, row.priority, row.attempt, row.max_attempts, row.epoch) == (True, "default", 0, 0, 1, 0)
    assert (row.worker, row.timeout, row.idempotency_key, row.release, row.created_by) == (None, None, None, "", "")


def test_rows_survive_forward_backward_forward(older_database):
    fill(older_database)
    before = contents(older_database)
    migrate()
    assert contents(Task) == before
    for row in Task.objects.all():
        upgraded_row_is_right(row)
    migrate(OLD)
    assert contents(model_at(OLD)) == before
    migrate()
    assert contents(Task) == before
    for row in Task.objects.all():
        upgraded_row_is_right(row)


def test_the_backlog_keeps_its_order(older_database):
    fill(older_database)
    expected = list(older_database.objects.filter(status=0).order_by("created").values_list("pk", flat=True))
    migrate()
    claimed = Task.objects.filter(status=Task.QUEUED, due=True).order_by("-priority", "run_after", "id")
    assert list(claimed.values_list("pk", flat=True)) == expected


@pytest.mark.postgres
@pytest.mark.mariadb
def test_the_backfill_goes_through_all_batches(older_database, monkeypatch):
    monkeypatch.setattr(import_module("django_simple_queue.migrations.0004_backfill"), "BATCH_ROWS", 7)
    fill(older_database)
    migrate()
    assert Task.objects.count() == 20
    for row in Task.objects.all():
        upgraded_row_is_right(row)


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.parametrize("batches_done", [0, 1, 2])
def test_an_interrupted_backfill_is_taken_up_again(older_database, monkeypatch, batches_done):
    backfill = import_module("django_simple_queue.migrations.0004_backfill")
    fill(older_database)
    oldest = older_database.objects.order_by("pk").first()
    older_database.objects.filter(pk=oldest.pk).update(created=timezone.now() - timedelta(days=99))
    migrate(COLUMNS_ADDED)
    with monkeypatch.context() as patch:
        patch.setattr(backfill, "BATCH_ROWS", 7)
        patch.setattr(backfill, "batches", lambda rows, whole=backfill.batches: cut_short(whole(rows), batches_done))
        with pytest.raises(ConnectionError):
            migrate()
    migrate()
    for row in Task.objects.all():
        upgraded_row_is_right(row)


def cut_short(batches, done):
    yield from islice(batches, done)
    raise ConnectionError


def test_the_backfill_leaves_what_newer_code_wrote(older_database):
    fill(older_database)
    migrate(COLUMNS_ADDED)
    later = timezone.now() + timedelta(hours=1)
    written = model_at(COLUMNS_ADDED).objects.create(task="shop.tasks.later", run_after=later)
    migrate()
    assert Task.objects.get(pk=written.pk).run_after == later
    assert Task.objects.exclude(pk=written.pk).count() == 20


@pytest.mark.parametrize("schema", [COLUMNS_ADDED, INDEXED], ids=lambda target: target[1])
def test_the_older_package_can_still_enqueue(older_database, schema):
    """During a rolling deploy its INSERT names its own columns only."""
    migrate(schema)
    older_database(task="shop.tasks.pay", args='{"a": 1}').save(force_insert=True)
    migrate()
    row = Task.objects.get()
    assert (row.status, row.due, row.attempt, row.max_attempts, row.queue) == (Task.QUEUED, True, 0, 1, "default")
    assert abs(row.run_after - timezone.now()) < timedelta(minutes=1)


def test_a_long_path_survives_the_way_back(older_database):
    migrate()
    task = Task.objects.create(task="p" * 255)
    migrate(OLD)
    assert model_at(OLD).objects.get(pk=task.pk).task == "p" * 255


def test_an_interrupted_build_of_indexes_is_taken_up_again(older_database):
    migrate(BACKFILLED)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX dsq_created ON django_simple_queue_task (task)")
    migrate()
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, Task._meta.db_table)
    assert indexes["dsq_created"]["columns"] == ["created", "id"]


def test_every_declared_index_exists_and_nothing_is_left_to_migrate(older_database):
    migrate()
    with connection.cursor() as cursor:
        present = set(connection.introspection.get_constraints(cursor, Task._meta.db_table))
    assert {index.name for index in Task._meta.indexes} <= present
    assert "dsq_idempotency" in present
    call_command("makemigrations", APP, check=True, dry_run=True, stdout=StringIO())


@pytest.mark.sqlite
def test_a_foreign_key_of_the_host_project_points_to_the_copied_table(older_database):
    task = older_database(task="shop.tasks.pay")
    task.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shop_order (task_id char(32) REFERENCES django_simple_queue_task (id))")
        cursor.execute("INSERT INTO shop_order VALUES (%s)", [task.pk.hex])
        migrate()
        connection.check_constraints(["shop_order"])
        assert cursor.execute("SELECT task FROM shop_order JOIN django_simple_queue_task ON id = task_id").fetchone()
        cursor.execute("DROP TABLE shop_order")
