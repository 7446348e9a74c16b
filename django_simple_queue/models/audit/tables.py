"""What is kept of the things that people did: one row for each, and one for each task that it moved."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from django_simple_queue.models.primary import PrimaryManager
from django_simple_queue.models.task import Task


class OperatorAction(models.Model):
    """One thing that a person did, with its scope in words and as a filter, and how it came out."""

    class State(models.TextChoices):
        DONE = "done", _("Done")
        RUNNING = "running", _("Running")
        ABORTED = "aborted", _("Aborted")
        UNDOING = "undoing", _("Undoing")

    ACTIVE = (State.RUNNING, State.UNDOING)
    MOVED = ("done", "asked", "retrying", "stopped")

    created = models.DateTimeField(_("Time"), db_default=Now())
    actor_id = models.CharField(_("Actor's id"), max_length=64, blank=True, default="")
    actor = models.CharField(_("Actor"), max_length=150, blank=True, default="")
    verb = models.CharField(_("Verb"), max_length=32)
    scope = models.CharField(_("Scope"), max_length=500, blank=True, default="")
    scope_filter = models.JSONField(_("Scope as a filter"), default=dict, blank=True)
    reason = models.CharField(_("Reason"), max_length=500, blank=True, default="")
    outcomes = models.JSONField(_("Outcomes"), default=dict, help_text=_("How many rows came out how."))
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.DONE)
    cursor = models.CharField(_("Cursor"), max_length=100, blank=True, default="")
    expected = models.PositiveIntegerField(
        _("Expected"), null=True, blank=True, help_text=_("How many rows the scope held when it was frozen.")
    )
    finished = models.DateTimeField(_("Finished"), null=True, blank=True)
    problem = models.CharField(_("Problem"), max_length=500, blank=True, default="", db_default="")
    undone = models.DateTimeField(_("Undone"), null=True, blank=True)
    undone_by = models.CharField(_("Undone by"), max_length=150, blank=True, default="")
    left_alone = models.JSONField(
        _("Left alone"), null=True, blank=True, help_text=_("By outcome, the ids of the first rows that did not move.")
    )
    undo_outcomes = models.JSONField(
        _("Undo's outcomes"), null=True, blank=True, help_text=_("How many moved rows came out how when it was undone.")
    )

    objects = PrimaryManager["OperatorAction"]()

    class Meta:
        verbose_name = _("Operator action")
        verbose_name_plural = _("Operator actions")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("-created", "-id"), name="dsq_action_created"),
            models.Index(fields=("state", "id"), name="dsq_action_state"),
        )

    def __str__(self) -> str:
        return f"{self.verb}: {self.scope}"

    @property
    def done(self) -> int:
        """How many rows the verb moved to where it leads."""
        return int(self.outcomes.get("done", 0))

    @property
    def moved(self) -> int:
        """How many rows the verb moved, wherever they are now."""
        return sum(int(self.outcomes.get(name, 0)) for name in self.MOVED)

    @property
    def restored(self) -> int:
        """How many rows Undo has put back."""
        return int((self.undo_outcomes or {}).get("restored", 0))

    @property
    def is_undone_in_part(self) -> bool:
        """Some rows were undone on their own; the others can still be."""
        return self.undone is None and self.restored > 0

    @property
    def is_past_undo(self) -> bool:
        """Undo of what was left put nothing back: a worker or somebody else has touched all of it."""
        return self.undone is None and any(name != "restored" for name in self.undo_outcomes or ())

    @property
    def left_to_undo(self) -> int:
        """How many rows the verb moved and Undo has not put back."""
        return max(self.done - self.restored, 0)


class OperatorActionItem(models.Model):
    """One task that an action moved, with what Undo needs. No foreign key to the task: history survives pruning."""

    action = models.ForeignKey(OperatorAction, models.CASCADE, related_name="items", db_index=False)
    task = models.UUIDField(_("Task"))
    previous_status = models.IntegerField(_("Previous status"), choices=Task.STATUS_CHOICES)
    previous_attempt = models.PositiveIntegerField(_("Previous attempt"), default=0)
    previous_run_after = models.DateTimeField(_("Previous run after"), null=True)
    epoch = models.BigIntegerField(_("Epoch"), default=0)
    created_task = models.UUIDField(_("New task"), null=True)
    undone = models.DateTimeField(_("Undone on its own"), null=True)
    undone_by = models.CharField(_("Undone by"), max_length=150, blank=True, default="", db_default="")

    objects = PrimaryManager["OperatorActionItem"]()

    class Meta:
        verbose_name = _("Operator action item")
        verbose_name_plural = _("Operator action items")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("action", "task"), name="dsq_item_once"),)
        indexes = (models.Index(fields=("task", "-action"), name="dsq_item_task"),)

    def __str__(self) -> str:
        return f"{self.task} in {self.action_id}"

    @property
    def taken_back(self) -> datetime | None:
        """When it was undone, on its own or with the whole action."""
        return self.undone or self.action.undone

    @property
    def taken_back_by(self) -> str:
        return self.undone_by if self.undone else self.action.undone_by
