"""A task queue that lives in the database of your Django project."""

from __future__ import annotations

__version__ = "1.0.0"
