from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F
from django.utils import timezone

from dashboard.project.demo import seed
from dashboard.project.demo.allowlist import ALLOWED_TASKS
from django_simple_queue.models import Attempt, OperatorAction, Task, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ALLOWED_TASKS


@pytest.fixture(scope="module")
def fortnight(django_db_setup, django_db_blocker):
    """The history, planted once for all tests of this file."""
    with django_db_blocker.unblock():
        now = timezone.now()
        count = seed.plant(now)
        yield now, count
        for model in (OperatorAction, Task, Worker):
            model.objects.all().delete()


def test_it_is_some_thousands_of_tasks_of_every_kind_and_ending(fortnight):
    _, count = fortnight
    assert count == Task.objects.count() > 2_000
    assert set(Task.objects.values_list("task", flat=True).distinct()) == set(ALLOWED_TASKS)
    assert set(Task.objects.values_list("status", flat=True).distinct()) == {0, 2, 3, 4}
    assert set(Attempt.objects.values_list("outcome", flat=True).distinct()) >= {"failed", "timed_out", "lost"}


def test_nothing_runs_and_no_worker_seems_alive(fortnight):
    assert not Task.objects.running().exists()
    assert not Worker.objects.live().exists()
    assert Worker.objects.filter(state=Worker.State.LOST).count() == 1


def test_times_are_in_order_and_within_the_fortnight(fortnight):
    now, _ = fortnight
    ran = Task.objects.exclude(started=None)
    assert not ran.filter(started__lt=F("created")).exists()
    assert not ran.filter(finished__lt=F("started")).exists()
    assert not Task.objects.filter(modified__gt=now).exists()
    assert not Task.objects.filter(created__lt=now - timedelta(days=15)).exists()


def test_ids_sort_as_the_tasks_were_created(fortnight):
    by_id = list(Task.objects.order_by("id").values_list("created", flat=True))
    late = sum(earlier - later > timedelta(milliseconds=1) for earlier, later in pairwise(by_id))
    assert late == 0


def test_what_waits_waits_for_its_time(fortnight):
    assert Task.objects.scheduled().count() == Task.objects.filter(status=Task.QUEUED).count() > 10
    assert not Task.objects.filter(status=Task.QUEUED, due=True).exists()


def test_every_failed_task_says_why_and_has_its_attempt(fortnight):
    failed = Task.objects.filter(status=Task.FAILED)
    assert not failed.filter(fingerprint="").exists()
    assert not failed.filter(error=None).exists()
    assert failed.filter(attempts__isnull=True).count() == 0


def test_the_outage_is_one_group_of_failures(fortnight):
    charges = Task.objects.filter(status=Task.FAILED, task__endswith="charge_invoice")
    assert charges.count() > 40
    assert charges.values("fingerprint").distinct().count() == 1
    assert "tasks.py" in charges.first().error
    assert "history.py" not in charges.first().error


def test_operators_have_left_their_traces(fortnight):
    actions = OperatorAction.objects
    assert {"requeue", "cancel"} <= set(actions.values_list("verb", flat=True))
    assert actions.exclude(undone=None).exists()
    assert max(action.items.count() for action in actions.all()) > 5
    assert all(action.items.count() == action.done for action in actions.all())


def test_a_second_start_adds_nothing(fortnight):
    assert seed.plant() == 0
