"""Leases: a worker without one renews, writes and claims nothing, and is told so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.engine import store
from django_simple_queue.engine.store import LeaseLost
from django_simple_queue.models import Task, Worker
from tests.engine.storing import (
    ask_to_cancel,
    claim,
    completed,
    enqueue,
    let_lease_end,
    live_worker,
    row,
    running,
    write,
)

pytestmark = pytest.mark.django_db


def test_register_gives_a_lease_on_the_clock_of_the_database(worker, settings):
    assert worker.lease_until - worker.heartbeat == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=2))
    long = Worker(host="h", pid=1)
    store.register(long, seconds=600)
    assert Worker.objects.filter(pk=long.pk, lease_until__gt=Now() + timedelta(seconds=590)).exists()


def test_renew_moves_the_lease_and_tells_what_is_held(worker):
    enqueue(2)
    one, two = claim(worker, 2)
    ask_to_cancel(two)
    Worker.objects.filter(pk=worker.pk).update(lease_until=Now() + timedelta(seconds=5), state=Worker.State.DRAINING)
    store.renew(worker.pk, rss=12345)
    renewal = store.covered(worker.pk)
    assert renewal.held == {(one.id, 1): False, (two.id, 1): True}
    assert renewal.state == Worker.State.DRAINING
    worker.refresh_from_db()
    assert worker.rss == 12345
    assert worker.lease_until > timezone.now() + timedelta(seconds=20)


def lost(worker):
    Worker.objects.filter(pk=worker.pk).update(state=Worker.State.LOST)


def deleted(worker):
    Worker.objects.filter(pk=worker.pk).delete()


@pytest.mark.parametrize("end_of_lease", [let_lease_end, lost, deleted])
def test_without_a_lease_nothing_is_renewed_written_or_claimed(worker, end_of_lease):
    run = running(worker)
    enqueue()
    end_of_lease(worker)
    with pytest.raises(LeaseLost, match=str(worker.pk)):
        store.renew(worker.pk)
    with pytest.raises(LeaseLost):
        write(worker, completed(run))
    with pytest.raises(LeaseLost):
        claim(worker)
    assert row(run).status == Task.PROGRESS


def test_leave_stops_a_live_worker_and_leaves_a_lost_one_lost(worker):
    store.leave(worker.pk)
    worker.refresh_from_db()
    assert (worker.state, worker.ended is not None) == (Worker.State.STOPPED, True)
    other = live_worker()
    lost(other)
    store.leave(other.pk)
    other.refresh_from_db()
    assert other.state == Worker.State.LOST
