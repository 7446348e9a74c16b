from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.failure import Failure
from django_simple_queue.models.primary import PrimaryManager
from django_simple_queue.text import storable

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
    def record(cls, task: Task, outcome: str, failure: Failure, log: str = "") -> None:
        """Keep the run that ``task`` (as read while in progress) stands for; a run already kept is left as it is."""
        Attempt.objects.bulk_create(
            [
                Attempt(
                    task_id=task.pk,
                    epoch=task.epoch,
                    round=cls.round_of(task),
                    attempt=task.attempt,
                    worker=task.worker,
                    worker_pid=task.worker_pid,
                    started=task.started,
                    finished=task.finished or Now(),
                    outcome=outcome,
                    error_class=failure.error_class,
                    error=storable(failure.error, cls.ERROR_SIZE),
                    log=storable(log[-cls.LOG_TAIL :], cls.LOG_TAIL),
                )
            ],
            ignore_conflicts=True,
        )

    @classmethod
    def round_of(cls, task: Task) -> int:
        """Return the round of the run of ``task``: a first attempt opens a new one."""
        latest = cls.objects.filter(task_id=task.pk).aggregate(latest=models.Max("round"))["latest"] or 0
        return max(latest + (task.attempt <= 1), 1)
