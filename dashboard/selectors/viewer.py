"""Who looks at a list."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_simple_queue.models.audit.terms import Terms


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the operator who looks may see and do; ``pk`` is anybody's when no row is about what they did themselves.

    ``names``: who has just acted on tasks. ``terms`` say what single tasks allow; the tag of a page names what they
    grant, since no list of a user's permissions holds what a backend only answers when it is asked.
    """

    pk: str
    payload: bool
    requeue: bool
    cancel: bool
    enqueue: bool
    names: bool
    terms: Terms = field(default_factory=Terms, repr=False, compare=False)

    @property
    def ticks(self) -> bool:
        """Ticking rows leads somewhere: to a verb of many."""
        return self.requeue or self.cancel
