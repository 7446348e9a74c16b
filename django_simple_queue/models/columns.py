"""The columns and indexes of the task table; what may happen to a row is said in task.py."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_simple_queue import wake
from django_simple_queue.models import transitions
from django_simple_queue.models.fields import DueField, uuid7

ENGINE_COLUMNS = frozenset(
    "status output error log worker worker_pid due attempt epoch release started finished cancel_requested progress "
    "progress_message error_class fingerprint frames modified".split()
)
FRESH_RUN: dict[str, Any] = {
    "output": None,
    "error": None,
    "log": None,
    "error_class": "",
    "fingerprint": "",
    "frames": "",
    "progress": None,
    "progress_message": "",
    "started": None,
    "finished": None,
    "cancel_requested": None,
}


class TaskColumns(models.Model):
    """Upwards of ``worker_pid`` are the columns of the first releases; existing users read them."""

    QUEUED = transitions.QUEUED
    PROGRESS = transitions.PROGRESS
    COMPLETED = transitions.COMPLETED
    FAILED = transitions.FAILED
    CANCELLED = transitions.CANCELLED
    STATUS_CHOICES = (
        (QUEUED, _("Queued")),
        (PROGRESS, _("In progress")),
        (COMPLETED, _("Completed")),
        (FAILED, _("Failed")),
        (CANCELLED, _("Cancelled")),
    )

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    created = models.DateTimeField(_("Created"), auto_now_add=True)
    modified = models.DateTimeField(_("Modified"), auto_now=True)
    task = models.CharField(_("Task"), max_length=255, help_text=_("Dotted path of the function to be called."))
    args = models.TextField(_("Arguments"), null=True, blank=True, help_text=_("Keyword arguments as a JSON object."))
    status = models.IntegerField(_("Status"), default=QUEUED, choices=STATUS_CHOICES)
    output = models.TextField(_("Output"), null=True, blank=True)
    error = models.TextField(_("Error"), null=True, blank=True)
    log = models.TextField(_("Log"), null=True, blank=True)
    worker_pid = models.IntegerField(_("Worker PID"), null=True, blank=True)
    queue = models.CharField(_("Queue"), max_length=64, default="default", db_default="default")
    priority = models.SmallIntegerField(
        _("Priority"), default=0, db_default=0, help_text=_("-100 to 100, higher first.")
    )
    run_after = models.DateTimeField(_("Run after"), default=timezone.now, db_default=Now())
    due = DueField(_("Due"), default=True, db_default=True, editable=False, help_text=_("May be claimed."))
    attempt = models.PositiveIntegerField(_("Attempt"), default=0, db_default=0)
    max_attempts = models.PositiveIntegerField(_("Attempts at most"), default=1, db_default=1)
    epoch = models.BigIntegerField(_("Epoch"), default=0, db_default=0, help_text=_("Claims so far; the fence."))
    backoff = models.TextField(
        _("Backoff"), null=True, blank=True, help_text=_("Seconds between attempts as a JSON array; none: the task's.")
    )
    timeout = models.PositiveIntegerField(_("Timeout"), null=True, blank=True, help_text=_("Seconds; 0: none."))
    worker = models.UUIDField(_("Worker"), null=True, blank=True)
    release = models.CharField(_("Release"), max_length=100, blank=True, default="", db_default="")
    started = models.DateTimeField(_("Started"), null=True, blank=True)
    finished = models.DateTimeField(_("Finished"), null=True, blank=True)
    cancel_requested = models.DateTimeField(_("Cancel requested"), null=True, blank=True)
    progress = models.PositiveSmallIntegerField(_("Progress"), null=True, blank=True, help_text=_("Percent."))
    progress_message = models.CharField(_("Progress message"), max_length=200, blank=True, default="", db_default="")
    error_class = models.CharField(_("Error class"), max_length=200, blank=True, default="", db_default="")
    fingerprint = models.CharField(_("Fingerprint"), max_length=16, blank=True, default="", db_default="")
    frames = models.TextField(_("Stack frames"), null=True, blank=True, help_text=_("The innermost 30 as JSON."))
    idempotency_key = models.CharField(_("Idempotency key"), max_length=200, null=True, blank=True)
    parent = models.UUIDField(_("Run again from"), null=True, blank=True)
    positional = models.TextField(_("Positional arguments"), null=True, blank=True, help_text=_("A JSON array."))
    created_by = models.CharField(_("Enqueued by"), max_length=150, blank=True, default="", db_default="")

    class Meta:
        abstract = True
        verbose_name = _("Task")
        verbose_name_plural = _("Tasks")
        permissions = (
            ("requeue_task", _("Can requeue tasks")),
            ("cancel_task", _("Can cancel tasks")),
            ("export_task", _("Can export tasks")),
            ("view_task_payload", _("Can see arguments, output, errors and logs of tasks")),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("idempotency_key",), name="dsq_idempotency", condition=Q(idempotency_key__isnull=False)
            ),
        )
        indexes = (
            models.Index(fields=("-priority", "run_after", "id"), name="dsq_claim", condition=Q(status=0, due=True)),
            models.Index(
                fields=("queue", "-priority", "run_after", "id"),
                name="dsq_claim_queue",
                condition=Q(status=0, due=True),
            ),
            models.Index(fields=("run_after",), name="dsq_promote", condition=Q(status=0, due=False)),
            models.Index(fields=("worker",), name="dsq_running", condition=Q(status=1)),
            models.Index(fields=("-created", "-id"), name="dsq_created"),
            models.Index(fields=("status", "-created", "-id"), name="dsq_status"),
            models.Index(fields=("task", "-created", "-id"), name="dsq_task"),
            models.Index(fields=("queue", "-created", "-id"), name="dsq_queue"),
            models.Index(fields=("-finished", "-id"), name="dsq_finished"),
            models.Index(fields=("status", "-finished", "-id"), name="dsq_ended"),
            models.Index(fields=("fingerprint", "-finished"), name="dsq_fingerprint", condition=Q(status=3)),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        if self.status == self.QUEUED:
            wake.workers(self._state.db or DEFAULT_DB_ALIAS, self.queue)
