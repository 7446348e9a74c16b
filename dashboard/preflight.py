"""What acting on many tasks would do, found out before it is done, in bounded time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from dashboard.scopes import Scope
from dashboard.selectors.deadline import TookTooLong, deadline
from django_simple_queue.models.audit.background import moved_by_others
from django_simple_queue.models.audit.terms import Terms, doubtful, readable

ROWS = 5_000
SECONDS = 0.8
PATHS = 300
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Preflight:
    """``total`` is how many tasks the scope holds, None when counting them takes too long.

    ``refused`` counts by outcome which of the ``looked`` tasks would be left alone, ``asking`` those about which an
    operator must say whether they are meant; ``arrived`` came since the mark and are not included; ``already`` says
    who has done the same to how many others since, and ``missing`` how many more have changed since they were shown.
    """

    verb: str
    scope: Scope
    terms: Terms
    total: int | None
    looked: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    asking: int = 0
    arrived: int = 0
    already: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0

    @property
    def is_sampled(self) -> bool:
        return self.total is None or self.looked < self.total

    @property
    def able(self) -> int:
        """How many tasks would move, those about which must be asked included; of a sample an estimate."""
        return self.scaled(self.looked - sum(self.refused.values()))

    @property
    def sure(self) -> int:
        """How many would move without those about which must be asked."""
        return self.scaled(self.looked - sum(self.refused.values()) - self.asking)

    def scaled(self, count: int) -> int:
        if not self.is_sampled or not self.looked or self.total is None:
            return count
        return round(count * self.total / self.looked)


def check(scope: Scope, verb: str, actor: Any, shown: int | None = None) -> Preflight:
    """Look at what ``verb`` would do to the scope for ``actor``; ``shown`` is how many tasks its page counted.

    At most 5 000 tasks are looked at, for at most a second; beyond that the numbers are estimates.
    """
    total = counted(scope, verb)
    terms = Terms.of(actor, paths(scope, verb), repeat=True)
    looked, refused, asking = look(scope, verb, terms)
    already = moved_by_others(verb, scope.frozen)
    missing = max((shown or 0) - (total or 0) - sum(already.values()), 0) if total is not None else 0
    arrived = number(scope.arrived(verb)) or 0
    return Preflight(verb, scope, terms, total, looked, refused, asking, arrived, already, missing)


def look(scope: Scope, verb: str, terms: Terms) -> tuple[int, Counter[str], int]:
    refused: Counter[str] = Counter()
    looked = asking = 0
    end = time.monotonic() + SECONDS
    found = readable(scope.rows(verb)).order_by("-created", "-id")[:ROWS].iterator(CHUNK)
    while rows := list(islice(found, CHUNK)):
        reasons = terms.refusals(verb, rows)
        refused.update(reason for reason in reasons.values() if reason)
        asking += len(doubtful(verb, (row for row in rows if not reasons[row.pk])))
        looked += len(rows)
        if time.monotonic() > end:
            break
    return looked, refused, asking


def counted(scope: Scope, verb: str) -> int | None:
    return number(scope.rows(verb))


def number(rows: Any) -> int | None:
    try:
        with deadline():
            count: int = rows.order_by().count()
            return count
    except TookTooLong:
        return None


def paths(scope: Scope, verb: str) -> list[str]:
    """Return the tasks that the scope is about; nothing when finding them takes too long, which checks no arguments."""
    try:
        with deadline():
            return list(scope.rows(verb).order_by().values_list("task", flat=True).distinct()[:PATHS])
    except TookTooLong:
        return []
