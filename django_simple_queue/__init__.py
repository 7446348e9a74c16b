"""A task queue that lives in the database of your Django project."""

from __future__ import annotations

from django_simple_queue.outcomes import Abandon, Retry, TaskTimeout
from django_simple_queue.reporting import progress

__all__ = ["Abandon", "Retry", "TaskTimeout", "progress"]
__version__ = "1.0.0"
