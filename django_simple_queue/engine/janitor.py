"""What any worker does for all of them: promote what has become due, settle what lost workers held, prune."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from django_simple_queue import conf
from django_simple_queue.engine.chores import Chores
from django_simple_queue.engine.promoting import promote
from django_simple_queue.engine.pruning import STATUS_NAMES, forget_workers, prune
from django_simple_queue.engine.settling import SETTLE_ROWS, locked, settle
from django_simple_queue.engine.store.database import Needs
from django_simple_queue.engine.store.lease import connection
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import Task, Worker
from django_simple_queue.models.audit import background
from django_simple_queue.models.contention import restarted_after_deadlock
from django_simple_queue.models.primary import alias
from django_simple_queue.models.worker import WorkerQuerySet

PROMOTE_AGAIN_SECONDS = 0.1
"""Where nothing could be promoted although it is time: another worker is at it."""
DATE_ROWS = 2000
PRUNE_EVERY_SECONDS = 60.0
_prune_at = 0.0


class Tick(NamedTuple):
    """``failed`` are the tasks that ended as FAILED because their worker was lost: nobody has sent their signals.

    ``state`` is how the row of the worker stands that looked; ``busy`` says that there is more to do at once;
    ``promoted`` rows may be claimed from now on, and in ``wait`` seconds the time of the next one comes, if ever.
    """

    failed: list[Task]
    state: str
    busy: bool
    promoted: int
    wait: float | None


def tick(worker_id: UUID, now: float | None = None, reaps: bool = True) -> Tick:
    """Do what is due for the whole queue; call it about once a second. ``now`` is of the monotonic clock.

    ``reaps=False``: after an outage that took the leases of all, let the others say first what has ended.
    """
    needs = opened().needs(worker_id)
    chores = Chores()
    promoted = chores.do("promoting", promote, 0) if needs.promote else 0
    settled = chores.do("settling lost workers", lambda: reap(worker_id), list[Task]()) if needs.reap and reaps else []
    settled += chores.do("settling strays", sweep, list[Task]()) if needs.sweep and len(settled) < SETTLE_ROWS else []
    more = len(settled) >= SETTLE_ROWS
    busy = chores.do("driving bulk actions", background.drive, False) if needs.act else False
    unowned, heap = tidy(chores, time.monotonic() if now is None else now)
    settled, busy = settled + unowned, busy or heap
    wait = chores.do("looking ahead", lambda: next_promotion(needs, promoted), None)
    chores.tell(nothing_done=not (promoted or settled or busy))
    failed = [task for task in settled if task.status == Task.FAILED]
    return Tick(failed, needs.state, busy or more, promoted, wait)


def next_promotion(needs: Needs, promoted: int) -> float | None:
    if promoted:
        return opened().look(()).wait
    return PROMOTE_AGAIN_SECONDS if needs.promote else needs.wait


def reap(by_worker: UUID) -> list[Task]:
    """Declare workers lost whose lease has ended, and return those of their tasks that were settled.

    Many at once are left for the next ticks: they, too, would outlast our own lease.
    """
    chores, settled = Chores(), list[Task]()
    for worker in lapsed().values_list("pk", flat=True):
        if len(settled) >= SETTLE_ROWS:
            break
        settled += chores.do(f"settling lost worker {worker}", partial(declare_lost, worker, by_worker), list[Task]())
    chores.tell(nothing_done=not settled)
    return settled


def lapsed() -> WorkerQuerySet:
    return Worker.objects.using(alias()).filter(state__in=Worker.LIVE_STATES, lease_until__lte=Now())


def declare_lost(worker: UUID, by_worker: UUID) -> list[Task]:
    """Declare ``worker`` lost, and settle its tasks; those for which it does not come to that are for the sweep."""
    if not is_lost(worker, by_worker):
        return []
    return settle(Task.objects.using(alias()).running().filter(worker=worker), f"worker {worker} is lost")


@restarted_after_deadlock
def is_lost(worker: UUID, by_worker: UUID) -> bool:
    """A turn that has stalled past its lease holds its row: it is passed over until its claims can be seen."""
    row = lapsed().filter(pk=worker)
    with transaction.atomic(using=alias()):
        if connection().features.has_select_for_update_skip_locked and not row.select_for_update(skip_locked=True):
            return False
        return row.update(state=Worker.State.LOST, ended=Now(), lost_by=by_worker) == 1


def sweep() -> list[Task]:
    """Settle what is in progress for a worker that has left or is unknown, and return what was settled."""
    there = Worker.objects.filter(pk=OuterRef("worker"), state__in=Worker.LIVE_STATES)
    strays = Task.objects.using(alias()).running().filter(~Exists(there), worker__isnull=False)
    return settle(strays, "no worker knows of these tasks")


def tidy(chores: Chores, now: float) -> tuple[list[Task], bool]:
    """Once a minute prune, and put right what older code left; return what was settled, and whether a heap is left.

    A heap is gone on with at the next tick.
    """
    global _prune_at
    if now < _prune_at:
        return [], False
    _prune_at = now + PRUNE_EVERY_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311
    heaps = [prune(chores), chores.do("dating what older code ended", date_endings, 0) >= DATE_ROWS]
    chores.do("forgetting workers", forget_workers, None)
    unowned = chores.do("settling what has no worker", settle_unowned, list[Task]())
    if chores.met_odd_rows:
        heaps.append(chores.do("giving odd rows an id", name_odd_rows, 0) > 0)
    if any(heaps):
        _prune_at = now
    return unowned, any(heaps)


def name_odd_rows() -> int:
    """Give rows that were written by hand, with what Python takes for no id, one that it does; return how many."""
    with transaction.atomic(using=alias()):
        return opened().name_odd_rows()


def date_endings() -> int:
    """Give rows that older code ended (``task.status = ...; task.save()``) the time by which they are listed."""
    rows = Task.objects.using(alias()).filter(status__in=STATUS_NAMES.values(), finished=None)
    some = list(rows.values_list("pk", flat=True)[:DATE_ROWS])
    if not some:
        return 0
    with transaction.atomic(using=alias()):
        return rows.filter(pk__in=locked(rows.filter(pk__in=some))).update(finished=F("modified"))


def settle_unowned() -> list[Task]:
    """Settle what has no worker at all and is older than any run may be."""
    timeout = conf.get_task_timeout()
    if timeout is None:
        return []
    aged = Task.objects.using(alias()).running().filter(worker=None, modified__lt=Now() - timedelta(seconds=timeout))
    return settle(aged, f"older than TASK_TIMEOUT ({timeout} s) and without a worker")
