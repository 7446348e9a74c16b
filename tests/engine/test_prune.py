"""prune_tasks: what it deletes, and what it says before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from itertools import count
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from django_simple_queue.engine import clock, pruning
from django_simple_queue.engine.chores import Chores
from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, Task
from django_simple_queue.models.audit import perform
from tests.core.rows import a_task
from tests.engine.locking import locked_elsewhere
from tests.engine.storing import in_steps_of

pytestmark = pytest.mark.django_db


def ended(status: int, days: float) -> Task:
    return a_task(status, finished=Now() - timedelta(days=days))


def prune(*arguments: str) -> str:
    out = StringIO()
    call_command("prune_tasks", *arguments, stdout=out)
    return out.getvalue()


def test_retention_decides(settings) -> None:
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"completed": 30, "failed": None}
    old, fresh, failed = ended(Task.COMPLETED, 31), ended(Task.COMPLETED, 29), ended(Task.FAILED, 900)
    assert prune() == "completed, older than 30 days: 1\nDeleted 1 task.\n"
    assert set(Task.objects.values_list("pk", flat=True)) == {fresh.pk, failed.pk}
    assert not Task.objects.filter(pk=old.pk).exists()


def test_a_dry_run_only_counts() -> None:
    ended(Task.COMPLETED, 31)
    said = prune("--dry-run", "--older-than", "30")
    assert said.splitlines() == [
        "cancelled, older than 30 days: 0",
        "completed, older than 30 days: 1",
        "failed, older than 30 days: 0",
        "Would delete 1 task.",
    ]
    assert Task.objects.count() == 1


def test_all_batches_of_the_statuses_named_go(monkeypatch) -> None:
    in_steps_of(2, monkeypatch)
    for _ in range(5):
        Attempt.objects.create(task=ended(Task.FAILED, 8), epoch=1, attempt=1)
    kept = [ended(Task.CANCELLED, 8), a_task(), a_task(Task.PROGRESS)]
    assert prune("--older-than", "7", "--status", "failed", "completed").endswith("Deleted 5 tasks.\n")
    assert set(Task.objects.values_list("pk", flat=True)) == {task.pk for task in kept}
    assert not Attempt.objects.exists()


def test_without_retention_it_asks_for_an_age() -> None:
    ended(Task.COMPLETED, 900)
    with pytest.raises(CommandError, match="RETENTION keeps completed for ever: set it, or say --older-than DAYS"):
        prune("--status", "completed")
    assert Task.objects.count() == 1


@pytest.mark.parametrize("days", ["-1", "soon", "nan", "99999"])
def test_an_impossible_age_is_refused(days: str) -> None:
    with pytest.raises(CommandError, match=f"--older-than {days} is not possible: use days from 0 to 36500"):
        prune("--older-than", days)


@pytest.mark.locks_rows
@pytest.mark.django_db(transaction=True)
def test_what_others_have_locked_is_gone_past_and_told(monkeypatch) -> None:
    in_steps_of(1, monkeypatch)
    locked, *_ = [ended(Task.FAILED, days) for days in (30, 20, 10)]
    with locked_elsewhere(locked.pk):
        said = prune("--older-than", "7", "--status", "failed")
    report, total = said.splitlines()
    assert report == "failed, older than 7 days: 2; locked, changed meanwhile or still referred to, and left: 1"
    assert total == "Deleted 2 tasks."
    assert Task.objects.get() == locked


@contextmanager
def referred_to(*tasks: Task) -> Iterator[None]:
    """A table of the project that keeps the tasks that it refers to."""
    kind = Task._meta.pk.db_type(connection)
    keys = [[Task._meta.pk.get_db_prep_value(task.pk, connection)] for task in tasks]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE receipt (task {kind}, FOREIGN KEY (task) REFERENCES {Task._meta.db_table} (id))")
        cursor.executemany("INSERT INTO receipt VALUES (%s)", keys)
        try:
            yield
        finally:
            cursor.execute("DROP TABLE receipt")


@pytest.mark.django_db(transaction=True)
def test_a_task_that_another_table_refers_to_keeps_no_other(settings, caplog) -> None:
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"failed": 7}
    kept, *_ = [ended(Task.FAILED, days) for days in (30, 20, 10)]
    with referred_to(kept):
        assert not pruning.prune(Chores())
        assert Task.objects.get() == kept
        (said,) = caplog.messages
        assert said.startswith(f"old tasks that stay: 1, such as {kept.pk}: the database refuses it (")
        ended(Task.FAILED, 10)
        assert not pruning.prune(Chores())
        assert len(caplog.messages) == 1
        assert Task.objects.get() == kept
    pruning._aside.spells.clear()
    assert prune("--older-than", "7").endswith("Deleted 1 task.\n")


@pytest.mark.django_db(transaction=True)
def test_many_that_are_referred_to_are_gone_past_bit_by_bit(settings, monkeypatch) -> None:
    settings.DJANGO_SIMPLE_QUEUE_RETENTION = {"failed": 7}
    kept, _ = [ended(Task.FAILED, 30) for _ in range(12)], ended(Task.FAILED, 10)
    time = count(step=pruning.PIECES_SECONDS / 10)
    with referred_to(*kept), monkeypatch.context() as slow:
        slow.setattr(clock, "now", lambda: next(time))
        assert pruning.prune(Chores())
        assert 0 < len(pruning._aside.spells) < len(kept)
        while pruning.prune(Chores()):
            pass
        assert pruning._aside.spells.keys() == {task.pk for task in kept}
    pruning._aside.spells.clear()
    assert set(Task.objects.all()) == set(kept)


def test_what_grew_old_meanwhile_is_not_told_to_be_locked(monkeypatch) -> None:
    def delete(status: int, pks: list[UUID]) -> list[UUID]:
        gone = really_delete(status, pks)
        ended(Task.FAILED, 8)
        return gone

    really_delete = pruning.delete
    monkeypatch.setattr(pruning, "delete", delete)
    ended(Task.FAILED, 8)
    assert prune("--older-than", "7", "--status", "failed").startswith("failed, older than 7 days: 1\n")


def test_a_task_that_goes_takes_its_place_in_the_lists_of_actions_along() -> None:
    gone, kept = a_task(Task.FAILED), a_task(Task.FAILED)
    perform("requeue", Task.objects.all(), "ada", "both")
    Task.objects.filter(pk=gone.pk).update(status=Task.FAILED, finished=Now() - timedelta(days=8))
    prune("--older-than", "7")
    assert [item.task for item in OperatorActionItem.objects.all()] == [kept.pk]
    assert OperatorAction.objects.get().outcomes == {"done": 2}


@pytest.mark.postgres
def test_postgresql_cleans_the_table_up_often() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [Task._meta.db_table])
        ((options,),) = cursor.fetchall()
    assert {"autovacuum_vacuum_scale_factor=0.01", "autovacuum_analyze_scale_factor=0.02"} <= set(options)
