"""What operators have decided about groups of failures, read once for all that asks about it.

The console's own tables may lie in another database than the queue's, so that the two are never joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from dashboard.models import FailureGroup
from django_simple_queue.models import Task

WITHIN = timedelta(hours=24)
MOST = 500
State = FailureGroup.State


@dataclass(frozen=True, slots=True)
class Judgements:
    """``groups`` by fingerprint; those of which nothing is known are open."""

    groups: Mapping[str, FailureGroup] = field(default_factory=dict)

    def of(self, fingerprint: str) -> FailureGroup | None:
        return self.groups.get(fingerprint)

    def handle(self, fingerprint: str, moment: datetime) -> bool:
        """Tell whether a failure of that group at ``moment`` needs nobody."""
        group = self.of(fingerprint)
        return group is not None and group.handles(moment)

    def left(self, failures: QuerySet[Task]) -> QuerySet[Task]:
        """Leave out what nobody need look at of the failures of the last day; at most 500 groups are left out."""
        groups = [group for group in self.groups.values() if group.state != State.OPEN][:MOST]
        handled = Q(fingerprint__in=[group.pk for group in groups if group.state == State.IGNORED])
        for group in groups:
            if group.state == State.RESOLVED:
                handled |= Q(fingerprint=group.pk, finished__lte=group.since)
        return failures.exclude(handled) if groups else failures


def judgements(fingerprints: Sequence[str], now: datetime) -> Judgements:
    """Read what is decided about these groups, and about all others that a failure of the last day may belong to."""
    if not fingerprints:
        return Judgements()
    of_these = Q(fingerprint__in=fingerprints)
    of_the_day = Q(state=State.IGNORED) | Q(state=State.RESOLVED, since__gte=now - WITHIN)
    return Judgements(
        {group.pk: group for group in FailureGroup.objects.filter(of_these | of_the_day).order_by("-since")}
    )
