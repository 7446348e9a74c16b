"""The workers in one picture: who lives, and which runs have nobody any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from django_simple_queue.models import Worker

WORKERS = 200


@dataclass(frozen=True, slots=True)
class Fleet:
    """The workers as of ``taken``: the newest boots with whether each is alive, and how many live ones there are.

    Of very many ``workers`` has some only; ``size`` and ``slots`` are of all live ones. ``closed`` slots have
    no task and get none: their workers are paused, or draining.
    """

    workers: dict[UUID, Worker] = field(default_factory=dict)
    taken: datetime | None = None
    size: int = 0
    slots: int = 0
    closed: int = 0

    def has_lost(self, worker: Any, began: Any) -> bool:
        """Tell whether a run that began then has no live worker; of one that has come since nothing is known."""
        if worker is None or worker in self.workers:
            return not getattr(self.workers.get(worker), "is_live", False)
        is_new = self.taken is not None and began is not None and began >= self.taken
        return not is_new and self.size <= len(self.live)

    def free(self, taken: int) -> int:
        """Return how many slots may get a task while so many are taken."""
        return max(self.slots - self.closed - taken, 0)

    @property
    def live(self) -> list[Worker]:
        return [worker for worker in self.workers.values() if worker.is_live and worker.slots]  # type: ignore[attr-defined]

    @property
    def last_seen(self) -> Worker | None:
        return max(self.workers.values(), key=lambda worker: worker.heartbeat, default=None)


def standing() -> QuerySet[Worker]:
    return Worker.objects.at_work().exclude(state=Worker.State.RUNNING)


def newest_workers() -> QuerySet[Worker]:
    alive = Q(state__in=Worker.LIVE_STATES, lease_until__gt=Now())
    is_live = Case(When(alive, then=Value(True)), default=Value(False), output_field=BooleanField())
    return Worker.objects.annotate(is_live=is_live).order_by("-is_live", "-started")[:WORKERS]
