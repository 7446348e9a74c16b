"""The failures page: groups as operators judge them, each with its numbers, its latest error and its marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from dashboard.deadline import TookTooLong, deadline
from dashboard.models import FailureGroup
from dashboard.selectors import fingerprints
from dashboard.selectors.fingerprints import Found, Numbers
from dashboard.selectors.group_windows import WINDOWS, Window, heat, query_of
from dashboard.selectors.headline import last_line, named
from dashboard.selectors.live import BUSY_SECONDS
from dashboard.selectors.rows import ARGS_SHOWN, end_of_error, light
from dashboard.tags import age
from django_simple_queue.models import Task

SECONDS = 1.0
PAGE = 25
NEW_FOR = timedelta(hours=24)
QUIET_AFTER = timedelta(hours=3)
ERROR_SHOWN = 300
State = FailureGroup.State


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which groups are wanted: a tab, words of the task or the error's class, and a mark."""

    state: str = State.OPEN
    text: str = ""
    task: str = ""
    release: str = ""
    mark: str = ""

    def takes(self, group: Group) -> bool:
        """Tell whether the group is wanted, on whichever tab it is."""
        words = f"{group.task} {group.error_class}".lower()
        return (
            all(word in words for word in self.text.lower().split())
            and self.task in ("", group.task)
            and self.release in ("", group.release)
            and self.mark in ("", group.mark)
        )


@dataclass
class Group:
    """One fingerprint; ``task``, ``error_class`` and ``release`` are those of its latest failure."""

    found: Found
    now: datetime
    judged: FailureGroup | None = None
    task: str = ""
    error_class: str = ""
    release: str = ""
    numbers: Numbers = field(default_factory=Numbers)
    error: str = ""

    @property
    def looks(self) -> tuple[Hashable, ...]:
        """All that decides how the row of a group looks, its ages and the ends of its windows in steps."""
        said = (self.found, self.task, self.error_class, self.error, self.state, self.decision, self.mark)
        return *said, tuple(sorted(self.numbers.ages.items())), tuple(self.numbers.releases), age(BUSY_SECONDS)

    @property
    def fingerprint(self) -> str:
        return self.found.fingerprint

    @property
    def state(self) -> str:
        if self.judged is None or not self.judged.handles(self.found.last):
            return State.OPEN
        return self.judged.state

    @property
    def decision(self) -> str:
        """What a form carries so that nobody overwrites a decision unseen; "" when none was ever made."""
        return self.judged.decision if self.judged else ""

    @property
    def returned(self) -> bool:
        """Resolved once, and failing again since."""
        return self.judged is not None and self.judged.state == State.RESOLVED and self.state == State.OPEN

    @property
    def mark(self) -> str:
        if self.now - self.found.first < NEW_FOR:
            return "new"
        return "quiet" if self.now - self.found.last > QUIET_AFTER else ""

    @property
    def name(self) -> str:
        return self.task.rpartition(".")[2]

    @property
    def error_name(self) -> str:
        return self.error_class.rpartition(".")[2]

    @property
    def trend(self) -> list[int]:
        return self.numbers.by_hour()

    @cached_property
    def windows(self) -> list[Window]:
        counts = {name: self.numbers.within(hours) for name, hours in WINDOWS.items()}
        worst = max(WINDOWS, key=lambda name: counts[name] / WINDOWS[name])
        return [self.window(name, count, heat(count) if name == worst else 0) for name, count in counts.items()]

    @property
    def offered(self) -> Window:
        """The window that a requeue is offered for: a day, or a week when nothing failed within a day."""
        return next((window for window in self.windows[2:] if window.count), self.windows[-1])

    def window(self, name: str, count: int, heat: int = 0) -> Window:
        hours = WINDOWS[name]
        return Window(name, count, self.numbers.at_least(hours), self.query(self.now - timedelta(hours=hours)), heat)

    def query(self, since: datetime | None = None, until: datetime | None = None) -> str:
        """Return the list's filter for these failures, from ``since`` until then or now."""
        return query_of(self.fingerprint, since, until or self.now)

    @property
    def whole_query(self) -> str:
        return self.query()


@dataclass(frozen=True, slots=True)
class Page:
    """``counts`` are the wanted groups by tab; ``complete`` is False when there are more groups than were looked at."""

    groups: Sequence[Group]
    counts: Mapping[str, int]
    tasks: Sequence[str]
    releases: Sequence[str]
    matching: int
    number: int
    complete: bool = True
    in_time: bool = True

    @property
    def windows(self) -> Sequence[str]:
        return list(WINDOWS)

    @property
    def has_next(self) -> bool:
        return self.number * PAGE < self.matching


def failures(chosen: Chosen, place: int, now: datetime, *, with_payload: bool) -> Page:
    """Return a page of groups, those that failed last first."""
    try:
        with deadline(SECONDS):
            known = read_groups(now)
            taken = [group for group in known if chosen.takes(group)]
            wanted = [group for group in taken if group.state == chosen.state]
            shown = wanted[(place - 1) * PAGE : place * PAGE]
            add_numbers(shown, now)
            add_errors(shown, with_payload)
    except TookTooLong:
        return Page((), {}, (), (), 0, place, in_time=False)
    return Page(
        groups=shown,
        counts=Counter(group.state for group in taken),
        tasks=offered(chosen.task, [group.task for group in known]),
        releases=offered(chosen.release, [group.release for group in known]),
        matching=len(wanted),
        number=place,
        complete=len(known) < fingerprints.MOST_GROUPS,
    )


def offered(chosen: str, known: Iterable[str]) -> Sequence[str]:
    """Return the options of a select; the one that is chosen is among them whether it is known or not."""
    return sorted({*known, chosen} - {""})


def read_groups(now: datetime) -> list[Group]:
    found = fingerprints.groups()
    judged = FailureGroup.objects.in_bulk([each.fingerprint for each in found])
    columns = Task.objects.filter(pk__in=[each.sample for each in found])
    samples = {
        pk: (task, kind, release)
        for pk, task, kind, release in columns.values_list("pk", "task", "error_class", "release")
    }
    known = [
        Group(each, now, judged.get(each.fingerprint), *samples[each.sample])
        for each in found
        if each.sample in samples
    ]
    return sorted(known, key=lambda group: group.found.last, reverse=True)


def add_numbers(groups: Sequence[Group], now: datetime) -> None:
    counted = fingerprints.numbers([group.fingerprint for group in groups], now)
    for group in groups:
        group.numbers = counted.get(group.fingerprint, Numbers())


def add_errors(groups: Sequence[Group], with_payload: bool) -> None:
    """Give each group the last line of its latest error, redacted; its class alone where that may not be seen."""
    if not with_payload:
        return
    latest = {row.pk: row for row in light(Task.objects.filter(pk__in=[group.found.sample for group in groups]))}
    for group in groups:
        row = latest.get(group.found.sample)
        group.error = error_line(row)[:ERROR_SHOWN] if row else ""


def error_line(row: Any) -> str:
    """Return what the error of a light row says, without its class."""
    if not row.error_end or (row.args_size or 0) > ARGS_SHOWN:
        return ""
    kind, said = named(row, row.args_short, last_line(row.error_end))
    return said if kind else last_line(end_of_error(row))
