"""Short words for tests of the store: a live worker, queued tasks, the endings of what was claimed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db.models import Model
from django.db.models.functions import Now

from django_simple_queue.engine import janitor, pruning, store
from django_simple_queue.engine.store import Claimed, Ending
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.models.steps import Steps

HOURS = timedelta(hours=1)
Row = TypeVar("Row", bound=Model)


def live_worker(**columns: Any) -> Worker:
    worker = Worker(**{"host": "web-1", "pid": 4711} | columns)
    store.register(worker)
    return worker


def let_lease_end(worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(lease_until=Now() - timedelta(seconds=1))


def enqueue(count: int = 1, **columns: Any) -> list[Task]:
    return [Task.objects.create(**{"task": "shop.tasks.pay", "args": "{}"} | columns) for _ in range(count)]


def claim(worker: Worker, wanted: int = 1, queues: tuple[str, ...] = ()) -> list[Claimed]:
    return store.turn(worker.pk, (), wanted, queues).claimed


def running(worker: Worker, **columns: Any) -> Claimed:
    """A task that `worker` runs."""
    (task,) = enqueue(**columns)
    (claimed,) = claim(worker)
    assert claimed.id == task.pk
    return claimed


def ending(claimed: Claimed, verb: str, **details: Any) -> Ending:
    return Ending(claimed.id, claimed.epoch, verb, claimed.task, claimed.attempt, **details)


def completed(claimed: Claimed, **details: Any) -> Ending:
    return ending(claimed, "complete", **{"output": "done", "worker_pid": 4712, "ran_seconds": 1.5} | details)


def failed(claimed: Claimed, verb: str = "fail", **details: Any) -> Ending:
    known = {"outcome": Attempt.Outcome.FAILED, "error": "ValueError('x 1')\n\ntrace", "error_class": "ValueError"}
    return ending(claimed, verb, **known | {"worker_pid": 4712, "ran_seconds": 1.5} | details)


def released(claimed: Claimed) -> Ending:
    return ending(claimed, "release")


def write(worker: Worker, *endings: Ending) -> dict[tuple[Any, int], int]:
    return store.turn(worker.pk, endings, 0).ended


def failed_by(worker: Worker, **tick: Any) -> list[Any]:
    """The tasks that a tick of `worker` has failed."""
    return [task.pk for task in janitor.tick(worker.pk, **tick).failed]


def row(claimed: Claimed) -> Task:
    return Task.objects.get(pk=claimed.id)


def reload(model: Row) -> Row:
    model.refresh_from_db()
    return model


def in_steps_of(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on so many rows are pruned at a time."""
    monkeypatch.setattr(pruning, "_steps", Steps(seconds=60.0, first=rows, least=rows, most=rows))


def ask_to_cancel(claimed: Claimed) -> None:
    assert Task.objects.filter(pk=claimed.id).cancel() == 1
