"""Random lives of tasks in the batches of several workers: lapsed leases, reapers, operators, all beside a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from django_simple_queue.engine import janitor, store
from django_simple_queue.engine.store import Claimed
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import OperatorAction, Task, Worker
from django_simple_queue.models.audit import perform
from tests.core.rows import PATH
from tests.engine.storing import completed, failed, let_lease_end, live_worker, released

QUEUED, PROGRESS, COMPLETED, FAILED, CANCELLED = range(5)
VERBS = {"complete": completed, "fail": failed, "release": released}


@dataclass
class Life:
    """What must be true of one task."""

    max_attempts: int
    priority: int
    status: int = QUEUED
    attempt: int = 0
    epoch: int = 0
    worker: UUID | None = None
    due: bool = True
    asked: bool = False
    endings: set[int] = field(default_factory=set)

    def end(self, verb: str) -> int:
        if verb == "complete":
            self.status = CANCELLED if self.asked else COMPLETED
        elif verb == "release":
            self.status, self.worker = CANCELLED if self.asked else QUEUED, None
            self.attempt = max(self.attempt - 1, 0)
        else:
            again = not self.asked and self.attempt < self.max_attempts
            self.status = CANCELLED if self.asked else QUEUED if again else FAILED
            self.due = self.due and not again
        return self.status


class StoreLives(RuleBasedStateMachine):
    workers = Bundle("workers")
    tasks = Bundle("tasks")
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.lives: dict[UUID, Life] = {}
        self.live: set[UUID] = set()

    @rule(target=workers)
    def boot(self) -> Worker:
        worker = live_worker()
        self.live.add(worker.pk)
        return worker

    @rule(target=tasks, max_attempts=st.integers(1, 3), priority=st.integers(-1, 1))
    def enqueue(self, max_attempts: int, priority: int) -> UUID:
        task = Task.objects.create(task=PATH, max_attempts=max_attempts, priority=priority)
        self.lives[task.pk] = Life(max_attempts, priority)
        return task.pk

    @rule(
        target=runs,
        worker=workers,
        ended=st.lists(st.tuples(runs, st.sampled_from(sorted(VERBS))), max_size=4, unique_by=lambda each: each[0].id),
        wanted=st.integers(0, 4),
    )
    def turn(self, worker: Worker, ended: list[tuple[Claimed, str]], wanted: int) -> Any:
        """One transaction: the endings that are this worker's are accepted, and the first of the queue are claimed."""
        endings = [VERBS[verb](run) for run, verb in ended]
        ours = [(run, verb) for run, verb in ended if self.is_ours(worker, run)]
        if worker.pk not in self.live:
            if endings or self.claimable():
                with pytest.raises(store.LeaseLost):
                    store.turn(worker.pk, endings, wanted or 1)
            return multiple()
        expected = {(run.id, run.epoch): self.lives[run.id].end(verb) for run, verb in ours}
        best = self.claimable()[:wanted]
        turn = store.turn(worker.pk, endings, wanted)
        assert turn.ended == expected
        assert [self.lives[run.id].priority for run in turn.claimed] == [self.lives[pk].priority for pk in best]
        assert {run.id for run in turn.claimed} <= set(self.claimable())
        for run in turn.claimed:
            self.begin(run, worker)
        return multiple(*turn.claimed)

    def is_ours(self, worker: Worker, run: Claimed) -> bool:
        life = self.lives[run.id]
        return life.status == PROGRESS and (life.worker, life.epoch) == (worker.pk, run.epoch)

    def claimable(self) -> list[UUID]:
        found = [pk for pk, life in self.lives.items() if life.status == QUEUED and life.due]
        return sorted(found, key=lambda pk: -self.lives[pk].priority)

    def begin(self, run: Claimed, worker: Worker) -> None:
        life = self.lives[run.id]
        assert run.epoch not in life.endings
        life.status, life.worker, life.asked = PROGRESS, worker.pk, False
        life.attempt, life.epoch = life.attempt + 1, life.epoch + 1
        assert (run.attempt, run.epoch) == (life.attempt, life.epoch)

    @rule(worker=workers)
    def renew(self, worker: Worker) -> None:
        if worker.pk not in self.live:
            with pytest.raises(store.LeaseLost):
                store.renew(worker.pk)
            return
        held = {(pk, life.epoch): life.asked for pk, life in self.lives.items() if self.holds(worker.pk, life)}
        store.renew(worker.pk)
        assert store.covered(worker.pk).held == held

    def holds(self, worker: UUID, life: Life) -> bool:
        return life.status == PROGRESS and life.worker == worker

    @rule(worker=workers)
    def lapse(self, worker: Worker) -> None:
        let_lease_end(worker)
        self.live.discard(worker.pk)

    @rule(worker=workers)
    def reap(self, worker: Worker) -> None:
        """Any worker settles what the lapsed ones held."""
        janitor.reap(worker.pk)
        for life in self.lives.values():
            if life.status == PROGRESS and life.worker not in self.live:
                life.end("lose")

    @rule()
    def time_passes(self) -> None:
        """The time of what waits for its next attempt comes, and somebody promotes it."""
        Task.objects.filter(status=QUEUED, due=False).update(run_after="2026-01-01T00:00:00Z")
        waiting = [life for life in self.lives.values() if life.status == QUEUED and not life.due]
        assert opened().promote(1000) == len(waiting)
        for life in waiting:
            life.due = True

    @rule(pk=tasks)
    def cancel(self, pk: UUID) -> None:
        life = self.lives[pk]
        perform("cancel", Task.objects.filter(pk=pk), "ada")
        if life.status == QUEUED:
            life.status = CANCELLED
        elif life.status == PROGRESS:
            life.asked = True
            if life.worker not in self.live:
                life.end("lose")

    @rule(pk=tasks)
    def requeue(self, pk: UUID) -> None:
        life = self.lives[pk]
        action = perform("requeue", Task.objects.filter(pk=pk), "ada")
        assert action.done == (life.status in (FAILED, CANCELLED))
        if action.done:
            life.status, life.attempt, life.due, life.asked = QUEUED, 0, True, False

    @invariant()
    def every_row_is_as_its_life_says(self) -> None:
        for row in Task.objects.filter(pk__in=self.lives):
            life = self.lives[row.pk]
            assert (row.status, row.attempt, row.epoch, row.due) == (life.status, life.attempt, life.epoch, life.due)
            assert row.status != PROGRESS or row.worker == life.worker

    def teardown(self) -> None:
        Task.objects.filter(pk__in=self.lives).delete()
        Worker.objects.all().delete()
        OperatorAction.objects.all().delete()


@pytest.mark.django_db
def test_no_batch_leaves_the_table_of_moves() -> None:
    found = settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    with override_settings(DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS={PATH: {"backoff": [60]}}):
        run_state_machine_as_test(StoreLives, settings=found)
