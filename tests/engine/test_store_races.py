"""Two verbs meet on one row: one has not committed yet when the other arrives on a connection of its own.

What comes out must be what one of the two orders, one after the other, gives: nobody overwrites, nobody wins twice.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue import monitor
from django_simple_queue.engine import janitor, promoting, pruning, store
from django_simple_queue.models import Attempt, Task, Worker
from tests.engine.storing import claim, completed, enqueue, failed, let_lease_end, live_worker, released, running, write

TIME_TO_MEET_SECONDS = 0.1
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Scene:
    """`run` is what `worker` has claimed, if anything; `other` is a live worker beside it."""

    worker: Worker
    other: Worker
    task: Task
    run: store.Claimed | None = None

    @property
    def rows(self):
        return Task.objects.filter(pk=self.task.pk)

    def outcome(self):
        """What can be told of the row afterwards, whoever did it; the holder by its part in the scene."""
        names = "status attempt epoch due worker cancel_requested finished".split()
        values = self.rows.values_list(*names).first()
        if values is None:
            return "deleted"
        *plain, worker, cancel, finished = values
        holder = {self.worker.pk: "worker", self.other.pk: "other"}.get(worker, worker)
        return (
            *plain,
            holder,
            cancel is not None,
            finished is not None,
            Attempt.objects.filter(task=self.task).count(),
        )


def scene(**columns):
    (task,) = enqueue(**columns)
    return Scene(live_worker(), live_worker(), task)


def in_progress():
    made = Scene(live_worker(), live_worker(), enqueue(max_attempts=2)[0])
    (made.run,) = claim(made.worker)
    return made


def abandoned():
    made = in_progress()
    let_lease_end(made.worker)
    return made


def queued():
    return scene()


def waiting():
    made = scene(run_after=timezone.now() + HOUR)
    made.rows.update(run_after=Now() - timedelta(seconds=1))
    return made


def ended(status):
    made = scene()
    made.rows.update(status=status, finished=Now() - timedelta(days=9), attempt=1, epoch=1)
    return made


def has_failed():
    return ended(Task.FAILED)


def was_cancelled():
    return ended(Task.CANCELLED)


def take(made):
    """What `execute_task` does, as the other worker."""
    return made.rows.get().claim(made.other.pk, 4713)


VERBS = {
    "complete": lambda made: len(write(made.worker, completed(made.run))),
    "fail": lambda made: len(write(made.worker, failed(made.run))),
    "release": lambda made: len(write(made.worker, released(made.run))),
    "time out": lambda made: monitor.handle_task_timeout(made.task.pk, 5),
    "reap": lambda made: len(janitor.reap(made.other.pk)),
    "orphans": lambda made: monitor.detect_orphaned_tasks(),
    "claim": lambda made: len(claim(made.worker)),
    "claim too": lambda made: len(claim(made.other)),
    "take": take,
    "promote": lambda made: promoting.promote(),
    "start now": lambda made: made.rows.start_now(),
    "cancel": lambda made: made.rows.cancel(),
    "undo cancel": lambda made: made.rows.undo_cancel(),
    "requeue": lambda made: made.rows.requeue(),
    "hold": lambda made: made.rows.requeue(HOUR),
    "undo requeue": lambda made: made.rows.undo_requeue(Task.FAILED),
    "prune": lambda made: pruning.prune_status(Task.FAILED, timedelta(days=7))[0],
}
SITUATIONS = {
    in_progress: ("complete", "fail", "release", "time out", "cancel", "reap"),
    abandoned: ("reap", "orphans", "cancel", "take"),
    queued: ("claim", "claim too", "take", "cancel", "undo requeue"),
    waiting: ("promote", "start now", "claim", "cancel", "undo requeue"),
    has_failed: ("requeue", "hold", "prune", "claim"),
    was_cancelled: ("requeue", "undo cancel", "claim"),
}


def one_after_the_other(situation, *verbs):
    made = situation()
    results = {verb: int(VERBS[verb](made)) for verb in verbs}
    return results, made.outcome()


def at_the_same_time(situation, first, second):
    """`first` commits only after `second` has come to its end, or has had the time to wait for `first`."""
    made, results, over = situation(), {}, threading.Event()

    def meet():
        try:
            results[second] = int(VERBS[second](made))
        finally:
            over.set()
            connection.close()

    thread = threading.Thread(target=meet)
    with transaction.atomic():
        results[first] = int(VERBS[first](made))
        thread.start()
        over.wait(TIME_TO_MEET_SECONDS)
    thread.join(30)
    return results, made.outcome()


def clear():
    Attempt.objects.all().delete()
    Task.objects.all().delete()
    Worker.objects.all().delete()


def tried(situation, trial, *verbs):
    clear()
    return trial(situation, *verbs)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_any_two_verbs_on_one_row_come_out_in_one_of_two_orders(situation):
    surprises = {}
    for first, second in itertools.permutations(SITUATIONS[situation], 2):
        orders = [tried(situation, one_after_the_other, *order) for order in ((first, second), (second, first))]
        outcome = tried(situation, at_the_same_time, first, second)
        if outcome not in orders:
            surprises[first, second] = (outcome, orders)
    assert surprises == {}


@pytest.mark.parametrize(("situation", "verb"), [(name, verb) for name in SITUATIONS for verb in SITUATIONS[name]])
def test_each_verb_moves_the_row_of_its_situation_when_alone(situation, verb):
    """Else the races above would prove nothing."""
    idle = {(in_progress, "reap"), (waiting, "claim"), (has_failed, "claim"), (was_cancelled, "claim")}
    made = situation()
    before = made.outcome()
    VERBS[verb](made)
    assert (made.outcome() == before) == ((situation, verb) in idle)


def test_a_double_click_on_requeue_moves_the_row_once():
    made = has_failed()
    assert sorted(at_the_same_time(lambda: made, "requeue", "hold")[0].values()) == [0, 1]


def test_one_of_two_endings_wins_and_the_loser_is_told():
    worker = live_worker()
    run = running(worker)
    made = Scene(worker, live_worker(), Task.objects.get(pk=run.id), run)
    results, _ = at_the_same_time(lambda: made, "time out", "complete")
    assert results == {"time out": 1, "complete": 0}
