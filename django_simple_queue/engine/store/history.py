"""What only a run that did not complete its task needs: the wait for the next one, and a row that keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Now

from django_simple_queue.backoff import wait_after
from django_simple_queue.engine.store.lease import alias
from django_simple_queue.engine.store.records import Ending, Run
from django_simple_queue.engine.store.sql import CANCELLED, COMPLETED
from django_simple_queue.models import Attempt, Task

FAILING = ("fail", "interrupt")


def plan_retries(endings: Iterable[Ending]) -> None:
    """Decide, once and before the turn, how long a next attempt waits: a backoff may be a function of the user's.

    Those given with the calls never change, so no lock is needed.
    """
    failing = {each.id: each for each in endings if each.verb in FAILING and each.retry and each.delay is None}
    if failing:
        rows = Task.objects.using(alias()).filter(pk__in=list(failing)).exclude(backoff=None)
        own = dict(rows.values_list("pk", "backoff"))
        for pk, each in failing.items():
            each.delay = wait_after(each.failure, each.task, each.attempt, own.get(pk)).total_seconds()


def record(worker_id: UUID, endings: Iterable[Ending], ended: dict[Run, int]) -> None:
    """Keep the runs of ``endings`` that were accepted with another status than COMPLETED, releases excepted."""
    kept = [ending for ending in endings if ending.verb != "release" and ended.get(ending.run, COMPLETED) != COMPLETED]
    if not kept:
        return
    rows = Task.objects.using(alias()).only("attempt", "started", "finished").in_bulk([ending.id for ending in kept])
    rounds = latest_rounds(rows)
    attempts = [attempt_of(ending, rows[ending.id], rounds, ended[ending.run]) for ending in kept]
    for attempt in attempts:
        attempt.worker = worker_id
    Attempt.objects.using(alias()).bulk_create(attempts, ignore_conflicts=True)


def latest_rounds(tasks: Iterable[UUID]) -> dict[UUID, int]:
    rows = Attempt.objects.using(alias()).filter(task__in=list(tasks)).values("task").annotate(latest=Max("round"))
    return dict(rows.values_list("task", "latest"))


def attempt_of(ending: Ending, row: Task, rounds: dict[UUID, int], status: int) -> Attempt:
    return Attempt(
        task_id=ending.id,
        epoch=ending.epoch,
        round=max(rounds.get(ending.id, 0) + (row.attempt <= 1), 1),
        attempt=row.attempt,
        worker_pid=ending.worker_pid,
        started=row.started,
        finished=row.finished or Now(),
        outcome=Attempt.Outcome.CANCELLED if status == CANCELLED else ending.outcome,
        error_class=ending.error_class[:200],
        error=ending.error,
        log=(ending.log or "")[-Attempt.LOG_TAIL :],
    )
