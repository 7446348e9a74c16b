from __future__ import annotations

from hashlib import sha256
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_simple_queue.arguments import ALL_QUEUES
from django_simple_queue.models.primary import PrimaryQuerySet


class QueuePauseQuerySet(PrimaryQuerySet["QueuePause"]):
    def current(self) -> QueuePauseQuerySet:
        """Return the pauses that hold now, on the database clock."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))


class QueuePause(models.Model):
    """A queue from which nobody claims, from now on until ``until`` or until the row is deleted; ``ALL``: no queue."""

    ALL: Final = ALL_QUEUES

    queue = models.CharField(_("Queue"), max_length=64, primary_key=True)
    reason = models.CharField(_("Reason"), max_length=200)
    since = models.DateTimeField(_("Since"), db_default=Now())
    until = models.DateTimeField(_("Until"), null=True, blank=True)
    paused_by = models.CharField(_("Paused by"), max_length=150, blank=True, default="")

    objects = QueuePauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("Paused queue")
        verbose_name_plural = _("Paused queues")
        default_permissions = ()

    def __str__(self) -> str:
        return gettext("all queues") if self.queue == self.ALL else self.queue

    @property
    def version(self) -> str:
        """What tells this pause, as it is now, from any other of its queue."""
        said = (self.since.isoformat(), self.until and self.until.isoformat(), self.paused_by, self.reason)
        return sha256(repr(said).encode()).hexdigest()[:16]
