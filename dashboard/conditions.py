"""Which conditions a set of rows was narrowed by: what a filter says, in words that can be frozen or counted by."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q

from django_simple_queue.models.task import TaskQuerySet


class Recorder(TaskQuerySet):
    """Remembers by which conditions it was narrowed."""

    said: tuple[Q, ...] = ()

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        narrowed = super().filter(*args, **kwargs)
        narrowed.said = (*self.said, Q(*args, **kwargs))
        return narrowed

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        narrowed = super().exclude(*args, **kwargs)
        narrowed.said = (*self.said, ~Q(*args, **kwargs))
        return narrowed

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.said = self.said
        return clone
