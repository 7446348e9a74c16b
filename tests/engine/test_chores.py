"""A chore of the janitor that fails for long: it is told once, then rarely, and told when it works again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import Error
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import chores, janitor, store
from django_simple_queue.engine.chores import TELL_SECONDS, Complaints
from django_simple_queue.models import Task, Worker
from tests.engine.refusing import MARKED, refusing
from tests.engine.storing import enqueue, failed_by, let_lease_end, live_worker, running

pytestmark = [pytest.mark.sqlite, pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
IS_PROMOTED = f"NEW.due <> OLD.due AND OLD.priority = {MARKED}"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(chores, "_complaints", Complaints())
    yield live_worker()
    store.disconnect()


def tick_that_settles(worker: Worker) -> list[UUID]:
    """A tick that has something else to do, which it must not lose."""
    lost = live_worker(host="web-2")
    run = running(lost)
    let_lease_end(lost)
    failed = failed_by(worker)
    assert failed == [run.id]
    return failed


def ripe() -> Task:
    (task,) = enqueue(priority=MARKED, run_after=timezone.now() + timedelta(hours=1))
    Task.objects.filter(pk=task.pk).update(run_after=Now() - timedelta(seconds=1))
    return task


def test_it_is_told_once_and_when_it_works_again(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    task = ripe()
    with refusing(IS_PROMOTED):
        for _ in range(3):
            tick_that_settles(worker)
    assert janitor.tick(worker.pk).promoted == 1
    janitor.tick(worker.pk)
    failing, working = [line for line in caplog.messages if line.startswith("promoting ")]
    assert failing.startswith("promoting fails and is tried again: ")
    assert working == "promoting works again"
    task.refresh_from_db()
    assert task.due


def test_a_row_that_cannot_be_promoted_holds_up_no_other(worker: Worker) -> None:
    stubborn, others = ripe(), enqueue(20)
    Task.objects.exclude(pk=stubborn.pk).update(due=False)
    with refusing(IS_PROMOTED):
        assert janitor.tick(worker.pk).promoted == len(others)
    assert Task.objects.get(due=False) == stubborn


def test_what_the_link_tells_of_is_told_by_nobody_else(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    ripe()
    with refusing(IS_PROMOTED), pytest.raises(Error, match="refused by a trigger"):
        janitor.tick(worker.pk)
    assert janitor.tick(worker.pk).promoted == 1
    assert not [line for line in caplog.messages if line.startswith("promoting ")]


def test_what_goes_on_failing_is_told_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    complaints, time = Complaints(), SimpleNamespace(now=lambda: at)
    monkeypatch.setattr(chores, "clock", time)
    told = []
    for at in (5.0, 6.0, 4.9 + TELL_SECONDS, 5.0 + TELL_SECONDS, 6.0 + TELL_SECONDS, 5.0 + 2 * TELL_SECONDS):
        if complaints.is_news("tidying"):
            told.append(at)
    assert told == [5.0, 5.0 + TELL_SECONDS, 5.0 + 2 * TELL_SECONDS]
    at = 5.0 + 20 * TELL_SECONDS
    assert complaints.is_news("promoting")
    assert list(complaints.told) == ["promoting"]
