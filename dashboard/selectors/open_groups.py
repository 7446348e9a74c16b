"""How many groups of failures need somebody, and how many tasks those hold that nobody has handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.models import FailureGroup
from dashboard.selectors import fingerprints
from dashboard.selectors.fingerprints import Found
from dashboard.selectors.judgements import Judgements

MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class OpenGroups:
    """``tasks`` are their failures that nobody has handled; ``more``: there may be more than were counted.

    The counts end at 200 groups, and at 1 000 tasks of each.
    """

    count: int = 0
    tasks: int = 0
    more: bool = False


NO_GROUPS = OpenGroups()


def newest() -> list[Found]:
    return fingerprints.groups(MOST_GROUPS)


def undecided(found: Sequence[Found], judged: Judgements) -> list[Found]:
    return [each for each in found if not judged.handle(each.fingerprint, each.last)]


def open_groups(found: Sequence[Found], judged: Judgements) -> OpenGroups:
    """Count the failures of each open group; of one that was resolved, those since then."""
    left = undecided(found, judged)
    judged_before = [judged.of(each.fingerprint) for each in left]
    after = [group.since if group and group.state == FailureGroup.State.RESOLVED else None for group in judged_before]
    tasks, more = fingerprints.unhandled([(each.fingerprint, since) for each, since in zip(left, after, strict=True)])
    return OpenGroups(len(left), tasks, more or len(found) >= MOST_GROUPS)
