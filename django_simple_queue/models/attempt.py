from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.failure import Failure
from django_simple_queue.models.primary import PrimaryManager
from django_simple_queue.text import storable, storable_end

if TYPE_CHECKING:
    from django_simple_queue.models.task import Task


class Attempt(models.Model):
    """A run of a task that ended without completing it; there is at most one for each (task, epoch)."""

    class Outcome(models.TextChoices):
        FAILED = "failed", _("Failed")
        TIMED_OUT = "timed_out", _("Timed out")
        CRASHED = "crashed", _("Crashed")
        LOST = "lost", _("Lost")
        INTERRUPTED = "interrupted", _("Interrupted")
        CANCELLED = "cancelled", _("Cancelled")

    ERROR_SIZE = 64 * 1024
    LOG_TAIL = 16 * 1024

    task = models.ForeignKey(
        "django_simple_queue.Task", models.CASCADE, related_name="attempts", db_index=False, verbose_name=_("Task")
    )
    epoch = models.BigIntegerField(_("Epoch"))
    round = models.PositiveIntegerField(_("Round"), default=1, help_text=_("1, and one more for every requeue."))
    attempt = models.PositiveIntegerField(_("Attempt"))
    worker = models.UUIDField(_("Worker"), null=True)
    worker_pid = models.IntegerField(_("Worker PID"), null=True)
    started = models.DateTimeField(_("Started"), null=True)
    finished = models.DateTimeField(_("Finished"), db_default=Now())
    outcome = models.CharField(_("Outcome"), max_length=16, choices=Outcome)
    error_class = models.CharField(_("Error class"), max_length=200, blank=True, default="")
    error = models.TextField(_("Error"), blank=True, default="")
    log = models.TextField(_("Log"), blank=True, default="", help_text=_("The tail of what the run wrote."))

    objects = PrimaryManager["Attempt"]()

    class Meta:
        verbose_name = _("Attempt")
        verbose_name_plural = _("Attempts")
        default_permissions = ()
        ordering = ("task", "epoch")
        constraints = (models.UniqueConstraint(fields=("task", "epoch"), name="dsq_attempt_once"),)

    def __str__(self) -> str:
        return f"{self.task_id} attempt {self.attempt}"

    @classmethod
    def record(cls, task: Task, outcome: str, failure: Failure, log: str | None = None) -> None:
        """Keep the run that ``task`` (as read while in progress) stands for; a run already kept is left as it is."""
        run = {"epoch": task.epoch, "worker": task.worker, "worker_pid": task.worker_pid}
        rounds = cls.latest_rounds([task.pk])
        Attempt.objects.bulk_create([cls.of(task, rounds, outcome, failure, log, **run)], ignore_conflicts=True)

    @classmethod
    def latest_rounds(cls, tasks: Iterable[UUID]) -> dict[UUID, int]:
        """Return the latest round of which something is kept, for those of ``tasks`` that have one."""
        rows = Attempt.objects.filter(task__in=list(tasks)).values("task").annotate(latest=models.Max("round"))
        return dict(rows.values_list("task", "latest"))

    @classmethod
    def of(
        cls, task: Task, rounds: Mapping[UUID, int], outcome: str, failure: Failure, log: str | None, **run: Any
    ) -> Attempt:
        """Return, not yet stored, what is kept of a ``run`` of ``task``: bounded; a first attempt opens a new round."""
        return cls(
            task_id=task.pk,
            round=max(rounds.get(task.pk, 0) + (task.attempt <= 1), 1),
            attempt=task.attempt,
            started=task.started,
            finished=task.finished or Now(),
            outcome=outcome,
            error_class=failure.error_class,
            error=storable(failure.error, cls.ERROR_SIZE),
            log=storable_end(log or "", cls.LOG_TAIL),
            **run,
        )
