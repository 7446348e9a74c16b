"""How many groups of failures need somebody, and how many tasks those hold that nobody has handled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.formats import number
from dashboard.models import FailureGroup
from dashboard.selectors import fingerprints
from dashboard.selectors.fingerprints import Found
from dashboard.selectors.judgements import Judgements
from dashboard.statements import Sql

MOST_GROUPS, MOST_TASKS = 200, 1_000
COLUMNS = {"unhandled": "unhandled_rows.total", "most_unhandled": "unhandled_rows.largest"}


@dataclass(frozen=True, slots=True)
class OpenGroups:
    """``tasks`` are their failures that nobody has handled; ``more``: there may be more than were counted.

    The counts end at 200 groups, and at 1 000 tasks of each; ``beyond``: there are groups that were not looked at.
    """

    count: int = 0
    tasks: int = 0
    more: bool = False
    beyond: bool = False

    @property
    def words(self) -> str:
        return number(self.count) + ("+" if self.beyond else "")


NO_GROUPS = OpenGroups()


def to_count() -> list[Found]:
    """Return the groups to count, and one more where there are more: any, not the newest."""
    return fingerprints.groups(MOST_GROUPS + 1)


def undecided(found: Sequence[Found], judged: Judgements) -> list[Found]:
    return [each for each in found[:MOST_GROUPS] if not judged.handle(each.fingerprint, each.last)]


def count_alone(found: Sequence[Found], judged: Judgements) -> OpenGroups:
    """Count the open groups, and none of their tasks."""
    return OpenGroups(len(undecided(found, judged)), beyond=len(found) > MOST_GROUPS)


def table(found: Sequence[Found], judged: Judgements) -> Sql:
    """Return SQL for what COLUMNS name: the failures of each open group; of one that was resolved, those since then."""
    left = undecided(found, judged)
    judged_before = [judged.of(each.fingerprint) for each in left]
    after = [group.since if group and group.state == FailureGroup.State.RESOLVED else None for group in judged_before]
    return fingerprints.unhandled(
        [(each.fingerprint, since) for each, since in zip(left, after, strict=True)], MOST_TASKS
    )


def open_groups(found: Sequence[Found], judged: Judgements, answers: Mapping[str, int]) -> OpenGroups:
    """Return the open groups, with what COLUMNS have told of them."""
    open_ones = count_alone(found, judged)
    more = open_ones.beyond or answers["most_unhandled"] >= MOST_TASKS
    return replace(open_ones, tasks=int(answers["unhandled"]), more=more)
