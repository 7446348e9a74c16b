"""Every way to put tasks into the queue or to ask for a cancellation wakes those whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django_simple_queue import wake
from django_simple_queue.models.primary import PrimaryQuerySet, Row
from django_simple_queue.models.transitions import QUEUED


class WakingQuerySet(PrimaryQuerySet[Row]):
    def update(self, **columns: Any) -> int:
        moved = super().update(**columns)
        if moved and (columns.get("status") == QUEUED or columns.get("due") is True):
            wake.workers(self.db)
        if moved and columns.get("cancel_requested") is not None:
            wake.holders(self.db)
        return moved

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        rows = super().bulk_create(objs, *args, **kwargs)
        for queue in {row.queue for row in rows if row.status == QUEUED}:  # type: ignore[attr-defined]
            wake.workers(self.db, queue)
        return rows
