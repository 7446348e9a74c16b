from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now, Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_simple_queue import callables, conf
from django_simple_queue.arguments import decode_args
from django_simple_queue.backoff import wait_after
from django_simple_queue.failure import LOST, UNOWNED, Failure
from django_simple_queue.models import primary, states
from django_simple_queue.models.attempt import Attempt
from django_simple_queue.models.columns import ENGINE_COLUMNS, FRESH_RUN, TaskColumns
from django_simple_queue.models.transitions import MOVES
from django_simple_queue.models.waking import WakingQuerySet
from django_simple_queue.models.worker import held_by_live_worker
from django_simple_queue.text import storable


class TaskQuerySet(WakingQuerySet["Task"]):
    """Reads by state, and the verbs of an operator over a set of rows. A verb returns how many rows it moved."""

    def queued(self) -> Self:
        """Return what waits for a worker for the first time in its round."""
        return self.filter(states.FOR_A_WORKER)

    def scheduled(self) -> Self:
        """Return what waits for its time."""
        return self.filter(states.FOR_ITS_TIME)

    def retrying(self) -> Self:
        """Return what is queued again after a failed attempt."""
        return self.filter(states.FOR_ANOTHER_ATTEMPT)

    def running(self) -> Self:
        return self.filter(status=Task.PROGRESS)

    def unowned(self) -> Self:
        """Return what is in progress although no live worker holds it."""
        return self.running().filter(~held_by_live_worker())

    def requeueable(self) -> Self:
        """Return what failed or was cancelled and is still allowed to run."""
        return self.allowed().filter(status__in=MOVES["requeue"].sources)

    def repeatable(self) -> Self:
        """Return what completed and is still allowed to run."""
        return self.allowed().filter(status__in=MOVES["run_again"].sources)

    def allowed(self) -> Self:
        allowed = conf.get_allowed_tasks()
        return self.all() if allowed is None else self.filter(task__in=allowed)

    def cancellable(self) -> Self:
        """Return what waits, and what runs and has not been asked to end."""
        return self.filter(Q(status=Task.QUEUED) | Q(cancel_requested=None), status__in=MOVES["cancel"].sources)

    def waiting(self) -> Self:
        """Return what is queued but may not be claimed yet."""
        return self.filter(status=Task.QUEUED, due=False)

    def requeue(self, hold: timedelta = timedelta()) -> int:
        """Start a new round for failed and cancelled rows that are still allowed, ``hold`` from now."""
        start = Now() + hold if hold else Now()
        fresh = {"attempt": 0, "run_after": start, "due": not hold, "cancel_requested": None}
        return self.requeueable()._set(status=Task.QUEUED, **fresh)

    def cancel(self) -> int:
        """Cancel what is queued, or in progress without a live worker, at once; ask the workers of what is running."""
        waits = Q(status=Task.QUEUED)
        unowned = list(self.unowned().values_list("pk", flat=True))
        with transaction.atomic(using=self.db):
            moved = self.cancellable()._set(  # one statement: a row that moves on between two would be missed by both
                finished=Case(When(waits, then=Now()), default=F("finished")),
                cancel_requested=Case(When(waits, then=F("cancel_requested")), default=Now()),
                status=Case(When(waits, then=Value(Task.CANCELLED)), default=F("status")),  # last: MySQL reads it above
            )
            Task.objects.filter(pk__in=unowned).unowned()._settle(UNOWNED, Attempt.Outcome.CANCELLED)
        return moved

    def undo_cancel(self) -> int:
        """Put cancelled rows back into the queue."""
        cancelled = self.filter(status__in=MOVES["undo_cancel"].sources)
        return cancelled._set(status=Task.QUEUED, finished=None, cancel_requested=None)

    def undo_requeue(self, status: int, **columns: Any) -> int:
        """Give rows that wait back their former status, FAILED or CANCELLED, and the other columns named."""
        if status not in MOVES["undo_requeue"].targets:
            raise ValueError(f"undo_requeue leads to FAILED or CANCELLED, not to status {status}.")
        return self.filter(status__in=MOVES["undo_requeue"].sources)._set(status=status, **columns)

    def start_now(self) -> int:
        """Let queued rows that wait for their time start at once."""
        return self.waiting()._set(due=True, run_after=Now())

    def run_again(self, created_by: str = "", hold: timedelta = timedelta()) -> dict[UUID, UUID]:
        """Enqueue the calls of completed, allowed rows once more, as new rows; return the new id by the old one."""
        return {row.pk: row.run_again(created_by, hold) for row in self.repeatable()}

    def lose(self) -> int:
        """Settle what is in progress without a live worker: failed, or queued again while attempts remain."""
        return len(self.settle_lost())

    def settle_lost(self) -> list[Task]:
        """As ``lose``, and return the rows that were settled."""
        return self.unowned()._settle(LOST, Attempt.Outcome.LOST)

    def without_texts(self) -> Self:
        """Return the rows without their large texts, to be ended: of the log with the end, which an Attempt keeps."""
        return self.defer("output", "log", "args", "positional").annotate(log_tail=Right("log", Attempt.LOG_TAIL))

    def _settle(self, failure: Failure, outcome: str) -> list[Task]:
        rows = list(self.without_texts())  # outside: on SQLite a transaction that has read cannot write
        with transaction.atomic(using=self.db):
            return [row for row in rows if row.fail(failure, outcome)]

    def _set(self, **columns: Any) -> int:
        return self.update(modified=Now(), **columns)


class Task(TaskColumns):
    """One call of an allowlisted callable, its state, and what its latest run left behind."""

    runs_here = False
    log_tail: str | None = None
    objects = TaskQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments; raises ValueError when the stored text is not a JSON object."""
        return decode_args(self.args)

    @property
    def as_dict(self) -> dict[str, Any]:
        """The task as plain values, for JSON."""
        names = ("task", "args", "output", "worker_pid", "error", "log")
        return {
            "id": str(self.id),
            "created": str(self.created),
            "modified": str(self.modified),
            "status": str(self.get_status_display()),
            **{name: getattr(self, name) for name in names},
        }

    def clean_task(self) -> None:
        """Raise ValidationError unless the path is allowed and leads to a callable; only allowed paths are imported."""
        try:
            callables.resolve(self.task)
        except Exception as error:
            problem = ValidationError(_("Invalid callable: %s") % error, code="invalid")
            raise ValidationError({"task": problem}) from error

    def clean_args(self) -> None:
        """Raise ValidationError unless ``args`` is empty or a JSON object."""
        try:
            self.arguments  # noqa: B018
        except ValueError as error:
            raise ValidationError({"args": ValidationError(_("Invalid JSON: %s") % error, code="invalid")}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as usual; the instance of a running task leaves the columns alone that the engine owns."""
        if self.runs_here and kwargs.get("update_fields") is None and not self._state.adding:
            names = {field.name for field in self._meta.fields if not field.primary_key}
            kwargs["update_fields"] = names - ENGINE_COLUMNS
        super().save(*args, **kwargs)

    def claim(self, worker: UUID, pid: int) -> bool:
        """Take this row for a run in process ``pid``, unless it has ended, is to end, or a live worker holds it."""
        free = Q(status=Task.QUEUED) | (Q(status=Task.PROGRESS, cancel_requested=None) & ~held_by_live_worker())
        moved = Task.objects.filter(free, pk=self.pk).update(
            **(FRESH_RUN | {"started": Now()}),
            status=Task.PROGRESS,
            attempt=F("attempt") + 1,
            epoch=F("epoch") + 1,
            worker=worker,
            worker_pid=pid,
            release=conf.get_release(),
            modified=Now(),
        )
        self.refresh_from_db(using=primary.alias())
        return moved == 1

    def complete(self, output: str, log: str = "") -> bool:
        """End this run as COMPLETED, or as CANCELLED when that was asked for; False when it is no longer ours."""
        status = Case(When(cancel_requested=None, then=Value(Task.COMPLETED)), default=Value(Task.CANCELLED))
        return self._end(log, status=status, output=storable(output, conf.get_max_output_size()))

    def fail(self, failure: Failure, outcome: str, *, log: str = "", **columns: Any) -> bool:
        """End this run without success: FAILED, QUEUED again while attempts remain, CANCELLED when that was asked for.

        ``outcome`` is an Attempt.Outcome. False, and nothing is written, when the run is no longer ours.
        """
        remains = failure.retry and self.cancel_requested is None and 0 < self.attempt < self.max_attempts
        retry = Q(cancel_requested=None, attempt__lt=F("max_attempts") if remains else 0)
        again = Now() + wait_after(failure, self.task, self.attempt, self.backoff) if remains else F("run_after")
        run = copy(self)
        with transaction.atomic(using=primary.alias()):
            ended = self._end(
                log,
                status=Case(
                    When(retry, then=Value(Task.QUEUED)),
                    When(cancel_requested=None, then=Value(Task.FAILED)),
                    default=Value(Task.CANCELLED),
                ),
                run_after=Case(When(retry, then=again), default=F("run_after"), output_field=models.DateTimeField()),
                due=Case(When(retry, then=Value(False)), default=F("due"), output_field=models.BooleanField()),
                error=storable(failure.error, conf.get_max_log_size()),
                error_class=failure.error_class,
                fingerprint=failure.fingerprint(self.task),
                frames=failure.frames_within(conf.get_max_log_size()),
                worker_pid=None,
                **columns,
            )
            if ended:
                run.finished, cancelled = self.finished, self.status == Task.CANCELLED
                kind = Attempt.Outcome.CANCELLED if cancelled else outcome
                Attempt.record(run, kind, failure, log or self.log_tail)
        return ended

    def _end(self, log: str, **columns: Any) -> bool:
        fence = Task.objects.filter(pk=self.pk, status=Task.PROGRESS, worker=self.worker, epoch=self.epoch)
        columns |= {"log": storable(log, conf.get_max_log_size())} if log else {}
        ended = fence.update(finished=Now(), modified=Now(), **columns) == 1
        if ended:
            self.refresh_from_db(using=primary.alias(), fields=[*columns, "finished", "modified"])
        return ended

    def run_again(self, created_by: str = "", hold: timedelta = timedelta()) -> UUID:
        """Enqueue the call of a COMPLETED task, to start ``hold`` from now, as a new row whose parent this is; its id.

        Raises ValueError for a task that is not COMPLETED, TaskNotAllowedError when it may not run any more.
        """
        if self.status not in MOVES["run_again"].sources:
            raise ValueError(f"Only a completed task runs again; {self.pk} is {self.get_status_display()}.")
        callables.require_allowed(self.task)
        copied = ("task", "args", "positional", "queue", "priority", "max_attempts", "backoff", "timeout")
        call = {name: getattr(self, name) for name in copied} | ({"run_after": timezone.now() + hold} if hold else {})
        return Task.objects.create(parent=self.pk, created_by=created_by[:150], **call).id
