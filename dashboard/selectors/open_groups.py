"""How many groups of failures need somebody, and how many tasks those hold that nobody has handled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dashboard.models import FailureGroup
from dashboard.selectors import fingerprints
from dashboard.selectors.fingerprints import Found

MOST_GROUPS = 200


def open_failures() -> tuple[int, int, bool]:
    """Return the number of open groups, of their tasks, and whether there may be more.

    Both are bounded: 200 groups, 1 000 tasks of each.
    """
    still_open = undecided(fingerprints.groups(MOST_GROUPS))
    count, more = fingerprints.unhandled(still_open)
    return len(still_open), count, more or len(still_open) >= MOST_GROUPS


def count_open() -> int:
    return len(undecided(fingerprints.groups(MOST_GROUPS)))


def undecided(found: Iterable[Found]) -> list[tuple[str, datetime | None]]:
    """Return the open groups, and after which moment the failures of each are not handled."""
    known = list(found)
    judged = FailureGroup.objects.in_bulk([each.fingerprint for each in known])
    groups = [(each, judged.get(each.fingerprint)) for each in known]
    return [
        (each.fingerprint, group.since if group and group.state == FailureGroup.State.RESOLVED else None)
        for each, group in groups
        if group is None or not group.handles(each.last)
    ]
