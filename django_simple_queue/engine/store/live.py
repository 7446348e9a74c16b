"""What a run shows before it has ended. Only its own row, while the run is the row's latest, ever gets it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django_simple_queue.engine.store.lease import hurried
from django_simple_queue.engine.store.records import Ending, Glimpse, Key
from django_simple_queue.models import Task
from django_simple_queue.models.contention import lock_what_is_free
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import TaskQuerySet
from django_simple_queue.reporting import Progress


def show(worker_id: UUID, glimpses: Sequence[Glimpse]) -> int:
    """Write ``glimpses`` of runs that are still in progress for this worker, and return how many those were."""
    shown = 0
    with hurried():
        free, _ = lock_what_is_free((glimpse.id for glimpse in glimpses), alias())
        for glimpse in (glimpse for glimpse in glimpses if glimpse.id in free):
            texts = {"output": glimpse.output, "log": glimpse.log}
            columns = {name: text for name, text in texts.items() if text is not None} | columns_of(glimpse.progress)
            shown += rows_of(worker_id, glimpse.id, glimpse.epoch).running().filter(worker_pid=None).update(**columns)
    return shown


def keep_output(task_id: UUID, epoch: int, output: str, pid: int) -> bool:
    """Write all of the ``output`` of a run that is about to end in process ``pid``; its epoch alone names the run.

    A run that is over writes nothing. Returns False when somebody else has locked the row: it is not waited for.
    ``show`` leaves a row alone that has a process id: it knows less.
    """
    with hurried():
        _, held = lock_what_is_free([task_id], alias())
        ours = Task.objects.using(alias()).running().filter(pk=task_id, epoch=epoch)
        if not held:
            ours.update(output=output, worker_pid=pid)
    return not held


def keep_progress(worker_id: UUID, endings: Iterable[Ending], ended: dict[Key, int]) -> None:
    """Keep the last progress of runs whose ``endings`` were accepted in this transaction, which still locks them."""
    for ending in endings:
        if ending.shown is not None and ending.run in ended:
            rows_of(worker_id, ending.id, ending.epoch).update(**columns_of(ending.shown))


def rows_of(worker_id: UUID, task_id: UUID, epoch: int) -> TaskQuerySet:
    return Task.objects.using(alias()).filter(pk=task_id, epoch=epoch, worker=worker_id)


def columns_of(progress: Progress | None) -> dict[str, Any]:
    return {} if progress is None else {"progress": progress.percent, "progress_message": progress.message}
