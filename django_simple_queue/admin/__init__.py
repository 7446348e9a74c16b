"""The queue in Django's admin: rows to look at, and the verbs of the console as actions."""

from __future__ import annotations

from django_simple_queue.admin.history import AttemptAdmin, OperatorActionAdmin, WorkerAdmin
from django_simple_queue.admin.tasks import TaskAdmin

__all__ = ["AttemptAdmin", "OperatorActionAdmin", "TaskAdmin", "WorkerAdmin"]
