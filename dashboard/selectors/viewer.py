"""Who looks at a list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the operator who looks may see and do; ``pk`` is anybody's when no row is about what they did themselves."""

    pk: str
    payload: bool
    requeue: bool
    cancel: bool
    enqueue: bool

    @property
    def ticks(self) -> bool:
        """Ticking rows leads somewhere: to a verb of many."""
        return self.requeue or self.cancel
