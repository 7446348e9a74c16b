"""What an action over many rows is about is frozen, stored, and found again as it was, also step by step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import background, scope, walk
from django_simple_queue.models.audit.terms import Terms
from tests.core.many import FAILED, drive_to_the_end, frozen
from tests.core.rows import a_task, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowlist")]


def test_few_matches_among_many_rows_are_found_in_steps(monkeypatch):
    monkeypatch.setattr(walk, "LOOKED_AT", 4)
    for _ in range(10):
        a_task(Task.FAILED, queue="other")
    task = a_task(Task.FAILED, queue="mail")
    action = background.start("requeue", frozen([*FAILED, Q(queue="mail")]), Terms(), "ada", "mail", expected=1)
    background.go_on(action.pk, "", 5)
    assert status_of(task) == Task.FAILED
    drive_to_the_end()
    assert status_of(task) == Task.QUEUED


def test_rows_of_one_moment_are_each_found_however_the_database_writes_it():
    tasks = [a_task(Task.FAILED) for _ in range(7)]
    Task.objects.all().update(created=Now())
    background.start("requeue", frozen(), Terms(), "ada", "all", expected=7)
    drive_to_the_end(2)
    assert {status_of(task) for task in tasks} == {Task.QUEUED}


@pytest.mark.parametrize(
    "condition",
    [
        Q(queue="mail"),
        Q(queue="mail") | ~Q(priority__gt=3),
        Q(run_after__lte=Now()),
        Q(finished__gte=timezone.now() - timedelta(hours=1)),
        Q(ran__gte=timedelta(seconds=-1)),
        Q(error__isnull=False) & ~Q(error=""),
        Q(status__in=(0, 3)),
    ],
)
def test_a_condition_comes_back_as_it_was(condition):
    earlier = timezone.now() - timedelta(seconds=10)  # SQLite's Now() may lie within the same millisecond
    for status in (Task.QUEUED, Task.FAILED):
        a_task(status, queue="mail", error="x", run_after=earlier)
        a_task(status, priority=9, run_after=earlier)
    expected = set(Task.objects.alias(**scope.COMPUTED).filter(condition).values_list("pk", flat=True))
    stored = OperatorAction.objects.create(verb="requeue", scope_filter=frozen([condition]))
    stored.refresh_from_db()
    assert expected
    assert set(scope.rows(stored.scope_filter).values_list("pk", flat=True)) == expected


@pytest.mark.parametrize("condition", [Q(attempts__outcome="lost"), Q(task__regex="x"), Q(queue=object()), ~Q(Q())])
def test_what_cannot_be_frozen_is_refused(condition):
    if condition == ~Q(Q()):
        assert scope.freeze([condition], timezone.now())["where"]
        return
    with pytest.raises(scope.CannotFreeze):
        scope.freeze([condition], timezone.now())
