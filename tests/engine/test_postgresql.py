"""What PostgreSQL alone has: locks that leave a foreign key alone, and instants beyond all others."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from django_simple_queue.engine import janitor, store
from django_simple_queue.models import Attempt, Task
from tests.engine.locking import held_elsewhere
from tests.engine.storing import claim, completed, enqueue, failed_by, let_lease_end, live_worker, row, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
ONLY = "postgresql"


@pytest.fixture(autouse=True)
def here() -> None:
    assert connection.vendor == ONLY


def refer_to(task: UUID) -> None:
    Attempt.objects.create(
        task_id=task, epoch=99, attempt=1, round=1, finished=timezone.now(), outcome=Attempt.Outcome.FAILED
    )


def test_the_last_words_of_a_task_are_kept_while_somebody_refers_to_it() -> None:
    worker = live_worker()
    run = running(worker)
    let_lease_end(worker)
    with held_elsewhere(lambda: refer_to(run.id)):
        said = store.last_words(worker.pk, [completed(run, output="kept")])
    assert said.ended == {(run.id, run.epoch): Task.COMPLETED}
    assert row(run).output == "kept"


def test_a_lost_task_is_settled_while_somebody_refers_to_it() -> None:
    worker, reaper = live_worker(), live_worker(host="web-2")
    run = running(worker)
    let_lease_end(worker)
    with held_elsewhere(lambda: refer_to(run.id)):
        assert failed_by(reaper) == [run.id]


def park(task: Task, instant: str, due: bool) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Task._meta.db_table} SET run_after = %s, due = %s WHERE id = %s", [instant, due, task.pk]
        )


def test_a_row_that_is_parked_for_ever_stops_nobody() -> None:
    worker = live_worker()
    parked, other = enqueue(2)
    park(parked, "infinity", due=False)
    assert [each.id for each in claim(worker, 5)] == [other.pk]
    assert janitor.tick(worker.pk).wait is None
    assert store.turn(worker.pk, [], 1).wait is None


def test_a_row_whose_time_came_before_all_times_is_promoted_and_holds_up_no_other() -> None:
    parked, _ = enqueue(2)
    Task.objects.update(due=False)
    park(parked, "-infinity", due=False)
    assert janitor.tick(live_worker().pk).promoted == 2


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "0001-01-01 00:00+14"])
def test_a_due_row_of_no_instant_that_python_knows_is_claimed_with_the_others(instant: str) -> None:
    worker = live_worker()
    odd, other = enqueue(2)
    park(odd, instant, due=True)
    assert {each.id for each in claim(worker, 5)} == {odd.pk, other.pk}
