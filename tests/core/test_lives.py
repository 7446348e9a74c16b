"""Random lives of tasks: workers, operators and deaths in any order, checked against a model of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from django_simple_queue.models import Attempt, OperatorAction, Task, Worker
from django_simple_queue.models.audit import perform, undo
from tests.core.rows import BROKEN, PATH, a_worker, lose_lease

QUEUED, PROGRESS, COMPLETED, FAILED, CANCELLED = range(5)
SECONDS = st.sampled_from([0, 60])


@dataclass
class Life:
    """What must be true of one task."""

    max_attempts: int
    status: int = QUEUED
    attempt: int = 0
    epoch: int = 0
    worker: object = None
    due: bool = True
    asked: bool = False
    ended_badly: set[int] = field(default_factory=set)

    def end_badly(self):
        self.ended_badly.add(self.epoch)
        again = not self.asked and self.attempt < self.max_attempts
        self.status = CANCELLED if self.asked else QUEUED if again else FAILED
        self.due = self.due and not again


class Lives(RuleBasedStateMachine):
    tasks = Bundle("tasks")
    runs = Bundle("runs")
    actions = Bundle("actions")

    def __init__(self):
        super().__init__()
        self.lives = {}
        self.live_workers = set()

    @rule(target=tasks, max_attempts=st.integers(1, 3))
    def enqueue(self, max_attempts):
        task = Task.objects.create(task=PATH, max_attempts=max_attempts)
        self.lives[task.pk] = Life(max_attempts)
        return task.pk

    def holds(self, life):
        return life.status == PROGRESS and life.worker in self.live_workers

    @rule(target=runs, pk=tasks)
    def claim(self, pk):
        life, task, worker = self.lives[pk], Task.objects.get(pk=pk), a_worker()
        self.live_workers.add(worker.pk)
        free = life.status == QUEUED or (life.status == PROGRESS and not self.holds(life))
        assert task.claim(worker.pk, 1) == free
        if free:
            life.status, life.worker, life.asked = PROGRESS, worker.pk, False
            life.attempt += 1
            life.epoch += 1
        return task

    def ours(self, task):
        life = self.lives[task.pk]
        return life.status == PROGRESS and (life.worker, life.epoch) == (task.worker, task.epoch)

    @rule(task=runs)
    def complete(self, task):
        ours, life = self.ours(task), self.lives[task.pk]
        assert task.complete("done") == ours
        if ours:
            life.status = CANCELLED if life.asked else COMPLETED

    @rule(task=runs)
    def fail(self, task):
        ours = self.ours(task)
        assert task.fail(BROKEN, Attempt.Outcome.FAILED) == ours
        if ours:
            self.lives[task.pk].end_badly()

    @rule(task=runs)
    def die(self, task):
        lose_lease(task.worker)
        self.live_workers.discard(task.worker)

    @rule(pk=tasks)
    def lose(self, pk):
        life = self.lives[pk]
        gone = life.status == PROGRESS and not self.holds(life)
        assert Task.objects.filter(pk=pk).lose() == gone
        if gone:
            life.end_badly()

    @rule(target=actions, pk=tasks)
    def cancel(self, pk):
        life = self.lives[pk]
        action = perform("cancel", Task.objects.filter(pk=pk), "ada")
        unowned = life.status == PROGRESS and not self.holds(life)
        moves = life.status == QUEUED or (life.status == PROGRESS and not life.asked)
        assert sum(action.outcomes.get(word, 0) for word in ("done", "asked")) == moves
        if life.status == QUEUED:
            life.status = CANCELLED
        elif life.status == PROGRESS and moves:
            life.asked = True
            if unowned:
                life.end_badly()
        return action

    @rule(target=actions, pk=tasks, seconds=SECONDS)
    def requeue(self, pk, seconds):
        life = self.lives[pk]
        action = perform("requeue", Task.objects.filter(pk=pk), "ada", hold=timedelta(seconds=seconds))
        assert action.done == (life.status in (FAILED, CANCELLED))
        if action.done:
            life.status, life.attempt, life.due, life.asked = QUEUED, 0, not seconds, False
        return action

    @rule(pk=tasks)
    def start_now(self, pk):
        life = self.lives[pk]
        assert Task.objects.filter(pk=pk).start_now() == (life.status == QUEUED and not life.due)
        life.due = life.due or life.status == QUEUED

    @rule(action=consumes(actions))
    def undo(self, action):
        if not action.pk:
            return
        item = action.items.get()
        life = self.lives[item.task]
        touched = (
            life.epoch != item.epoch or OperatorAction.objects.filter(pk__gt=action.pk, items__task=item.task).exists()
        )
        if undo(action):
            assert not touched
            assert life.status != PROGRESS
            life.status, life.attempt = item.previous_status, item.previous_attempt
            life.due = Task.objects.values_list("due", flat=True).get(pk=item.task)
            life.asked = life.asked and life.status != QUEUED

    @rule(pk=tasks)
    def run_again(self, pk):
        copies = Task.objects.filter(pk=pk).run_again()
        assert len(copies) == (self.lives[pk].status == COMPLETED)
        Task.objects.filter(pk__in=copies.values()).delete()

    @invariant()
    def every_row_is_as_its_life_says(self):
        for row in Task.objects.filter(pk__in=self.lives):
            life = self.lives[row.pk]
            assert (row.status, row.attempt, row.epoch, row.due) == (life.status, life.attempt, life.epoch, life.due)
            assert (row.status != PROGRESS) or (row.worker == life.worker and bool(row.cancel_requested) == life.asked)
            assert set(row.attempts.values_list("epoch", flat=True)) >= life.ended_badly

    def teardown(self):
        Task.objects.filter(pk__in=self.lives).delete()
        Worker.objects.all().delete()
        OperatorAction.objects.all().delete()


@pytest.mark.django_db
def test_no_life_leaves_the_table_of_moves():
    with override_settings(DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS={PATH: {"backoff": [60]}}):
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
