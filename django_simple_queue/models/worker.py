from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.models.fields import uuid7
from django_simple_queue.models.primary import PrimaryQuerySet


class WorkerQuerySet(PrimaryQuerySet["Worker"]):
    def live(self) -> WorkerQuerySet:
        """Return the workers that hold their lease, on the database clock."""
        return self.filter(state__in=Worker.LIVE_STATES, lease_until__gt=Now())

    def at_work(self) -> WorkerQuerySet:
        """Return the live workers that claim tasks: a run of ``execute_task`` has a lease as well, but no slots."""
        return self.live().filter(slots__gt=0)


class Worker(models.Model):
    """One boot of ``manage.py task_worker``. Its tasks are its own as long as its lease lasts (database clock)."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DRAINING = "draining", _("Draining")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        LOST = "lost", _("Lost")

    LIVE_STATES = (State.RUNNING, State.DRAINING, State.PAUSED)

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    host = models.CharField(_("Host"), max_length=255)
    pid = models.IntegerField(_("PID"))
    queues = models.CharField(_("Queues"), max_length=1000, blank=True, default="", help_text=_("Empty: all queues."))
    slots = models.PositiveIntegerField(_("Slots"), default=1, help_text=_("How many tasks run at the same time."))
    version = models.CharField(_("Version"), max_length=50, blank=True, default="")
    release = models.CharField(_("Release"), max_length=100, blank=True, default="")
    started = models.DateTimeField(_("Started"), db_default=Now())
    heartbeat = models.DateTimeField(_("Heartbeat"), db_default=Now())
    lease_until = models.DateTimeField(_("Lease until"))
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.RUNNING)
    state_since = models.DateTimeField(_("State since"), null=True, blank=True)
    state_by = models.CharField(_("State set by"), max_length=150, blank=True, default="", db_default="")
    state_reason = models.CharField(_("Reason"), max_length=200, blank=True, default="", db_default="")
    ended = models.DateTimeField(_("Ended"), null=True, blank=True)
    lost_by = models.UUIDField(
        _("Found lost by"), null=True, blank=True, help_text=_("The worker that settled its tasks.")
    )
    rss = models.BigIntegerField(
        _("Memory"), null=True, blank=True, help_text=_("Bytes, parent and children together.")
    )

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("Worker")
        verbose_name_plural = _("Workers")
        default_permissions = ("view", "change")
        indexes = (models.Index(fields=("state", "lease_until"), name="dsq_worker_lease"),)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


def held_by_live_worker() -> Exists:
    """Return the condition for tasks whose worker holds its lease."""
    return Exists(Worker.objects.live().filter(pk=OuterRef("worker")))
