"""What a queued task waits for, as conditions: the one definition behind lists, counts and verbs."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Now

from django_simple_queue.models.transitions import QUEUED

CAN_START = Q(due=True) | Q(run_after__lte=Now())
FOR_A_WORKER = Q(status=QUEUED, attempt=0) & CAN_START
FOR_ITS_TIME = Q(status=QUEUED, attempt=0, due=False, run_after__gt=Now())
FOR_ANOTHER_ATTEMPT = Q(status=QUEUED, attempt__gt=0)

DUE_SQL = {
    "sqlite": ("due AND due = 1", "NOT due AND due = 0"),
    "postgresql": ("due", "NOT due"),
    "mysql": ("due = 1", "due = 0"),
}
"""By vendor: SQL for rows that may be claimed, and that may not yet, so that the partial indexes fit.

SQLite compares conditions as text, and Django spells those of the indexes ``due`` (5.2) or ``due = 1`` (6.1).
"""
