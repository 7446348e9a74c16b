from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from dashboard.project.demo import seed
from dashboard.project.demo.allowlist import ALLOWED_TASKS
from dashboard.project.demo.trickle import BACKLOG, Trickle
from django_simple_queue.models import OperatorAction, Task, Worker

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 15, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def demo_allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ALLOWED_TASKS


def test_the_same_seed_makes_the_same_history():
    def picture():
        seed.plant(NOW, seed=7)
        rows = list(Task.objects.order_by("id").values_list("id", "task", "args", "status", "created", "finished"))
        for model in (OperatorAction, Task, Worker):
            model.objects.all().delete()
        assert len(rows) > 2_000
        return rows

    assert picture() == picture()


def test_the_first_calls_are_real_tasks_that_may_run_at_once():
    seed.first_calls()
    assert Task.objects.filter(status=Task.QUEUED, due=True).count() >= 10


def test_new_tasks_trickle_in_only_while_the_backlog_is_short():
    trickle = Trickle(Random(1))
    assert not trickle.tick()
    trickle.next_at = 0
    assert trickle.tick()
    assert Task.objects.count() == 1
    for _ in range(BACKLOG):
        Task.objects.create(task="x.y")
    trickle.next_at = 0
    assert not trickle.tick()
