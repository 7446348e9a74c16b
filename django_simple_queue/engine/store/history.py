"""What only a run that did not complete its task needs: the wait for the next one, and a row that keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django_simple_queue.backoff import wait_after
from django_simple_queue.engine.store.records import Ending, Key
from django_simple_queue.engine.store.sql import CANCELLED, COMPLETED
from django_simple_queue.models import Attempt, Task
from django_simple_queue.models.primary import alias


def plan_retries(endings: Iterable[Ending]) -> None:
    """Decide, once and before the turn, how long a next attempt waits: a backoff may be a function of the user's.

    Those given with the calls never change, so no lock is needed.
    """
    failing = {each.id: each for each in endings if each.fails and each.retry and each.delay is None}
    if failing:
        rows = Task.objects.using(alias()).filter(pk__in=list(failing)).exclude(backoff=None)
        own = dict(rows.values_list("pk", "backoff"))
        for pk, each in failing.items():
            each.delay = wait_after(each.failure, each.task, each.attempt, own.get(pk)).total_seconds()


def record(worker_id: UUID, endings: Iterable[Ending], ended: dict[Key, int]) -> None:
    """Keep the runs of ``endings`` that were accepted with another status than COMPLETED, releases excepted."""
    kept = [ending for ending in endings if ending.verb != "release" and ended.get(ending.run, COMPLETED) != COMPLETED]
    if not kept:
        return
    rows = Task.objects.using(alias()).only("attempt", "started", "finished").in_bulk([ending.id for ending in kept])
    rounds = Attempt.latest_rounds(rows)
    attempts = [attempt_of(ending, rows[ending.id], rounds, ended[ending.run], worker_id) for ending in kept]
    Attempt.objects.using(alias()).bulk_create(attempts, ignore_conflicts=True)


def attempt_of(ending: Ending, row: Task, rounds: Mapping[UUID, int], status: int, worker_id: UUID) -> Attempt:
    outcome = Attempt.Outcome.CANCELLED if status == CANCELLED else ending.outcome
    run = {"epoch": ending.epoch, "worker": worker_id, "worker_pid": ending.worker_pid}
    return Attempt.of(row, rounds, outcome, ending.failure, ending.log, **run)
