"""The worker program: one parent that owns the queue, and children that run the tasks."""

from __future__ import annotations
