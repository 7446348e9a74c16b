"""What the console itself keeps: how operators have judged a group of failures."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.models.primary import PrimaryManager


class FailureGroup(models.Model):
    """All failures of one fingerprint, as somebody has judged them. No row: they are open."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        IGNORED = "ignored", _("Ignored")

    fingerprint = models.CharField(_("Fingerprint"), max_length=16, primary_key=True)
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.OPEN)
    since = models.DateTimeField(_("Since"), db_default=Now())
    set_by = models.CharField(_("Set by"), max_length=150, blank=True, default="")

    objects = PrimaryManager["FailureGroup"]()

    class Meta:
        verbose_name = _("Failure group")
        verbose_name_plural = _("Failure groups")
        default_permissions = ("change",)

    def __str__(self) -> str:
        return self.fingerprint

    @property
    def decision(self) -> str:
        """What tells this decision from any other about the group."""
        return f"{self.state}@{self.since.isoformat()}"

    def handles(self, moment: datetime) -> bool:
        """Tell whether a failure at ``moment`` needs nobody: a resolved group is reopened by what fails after it."""
        return self.state == self.State.IGNORED or (self.state == self.State.RESOLVED and moment <= self.since)
