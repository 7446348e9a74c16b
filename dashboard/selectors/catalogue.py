"""What the enqueue page offers: the allowlisted tasks, searchable, grouped by module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.signature import Call, describe
from django_simple_queue import conf


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``groups`` holds what was searched for, by module; ``total`` counts the allowlist, None when there is none."""

    groups: Mapping[str, Sequence[Call]]
    total: int | None

    @property
    def found(self) -> int:
        return sum(len(calls) for calls in self.groups.values())


def catalogue(search: str, permitted: Callable[[str], bool]) -> Catalogue:
    """Return the allowlisted tasks that contain every word of ``search`` and whose own permission is held."""
    allowed = conf.get_allowed_tasks()
    if allowed is None:
        return Catalogue({}, None)
    mine = sorted(path for path in allowed if permitted(conf.get_task_options(path).permission))
    words = search.lower().split()
    groups: dict[str, list[Call]] = {}
    for call in map(describe, mine):
        if all(word in f"{call.path} {call.title} {call.summary}".lower() for word in words):
            groups.setdefault(call.module, []).append(call)
    return Catalogue(groups, len(mine))
