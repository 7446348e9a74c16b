"""Who did what to which tasks: the verbs of operators, what is kept of them, and how they are taken back."""

from __future__ import annotations

from django_simple_queue.models.audit.tables import OperatorAction, OperatorActionItem
from django_simple_queue.models.audit.undoing import can_undo, undo, would_restore
from django_simple_queue.models.audit.verbs import MAX_ROWS, VERBS, Verb, identify, perform, record

__all__ = [
    "MAX_ROWS",
    "VERBS",
    "OperatorAction",
    "OperatorActionItem",
    "Verb",
    "can_undo",
    "identify",
    "perform",
    "record",
    "undo",
    "would_restore",
]
