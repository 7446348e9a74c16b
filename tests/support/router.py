from __future__ import annotations

from typing import Any


class QueueRouter:
    """Keeps the queue in a database of its own, `queue`."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "queue" if model._meta.app_label == "django_simple_queue" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == "queue") == (app_label == "django_simple_queue")
