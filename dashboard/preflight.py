"""What acting on many tasks would do, found out before it is done, in bounded time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from dashboard.deadline import TookTooLong, deadline
from dashboard.formats import number
from dashboard.immovable import ONLY, immovable
from dashboard.scopes import Scope
from dashboard.wording import ALREADY, left_alone, what_became
from django_simple_queue.models.audit import MAX_ROWS
from django_simple_queue.models.audit.since import moved_by_others
from django_simple_queue.models.audit.terms import Terms, doubtful, readable
from django_simple_queue.models.audit.undoing import add_up

ASK = {
    "requeue": ngettext_lazy("Requeue %(about)s%(count)s task?", "Requeue %(about)s%(count)s tasks?", "n"),
    "cancel": ngettext_lazy("Cancel %(about)s%(count)s task?", "Cancel %(about)s%(count)s tasks?", "n"),
}
ASK_UNCOUNTED = {
    "requeue": gettext_lazy("Requeue all tasks that match?"),
    "cancel": gettext_lazy("Cancel all tasks that match?"),
}
NOTHING_TO = {
    "requeue": gettext_lazy("Nothing here can be requeued"),
    "cancel": gettext_lazy("Nothing here can be cancelled"),
}
FINE = {
    "requeue": gettext_lazy("can run again: the task imports and the arguments fit"),
    "cancel": gettext_lazy("can be cancelled"),
}
ROWS = 5_000
SECONDS = 0.8
PATHS = 300
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Line:
    """``looked_at`` tells whether its number is a part of the tasks that were looked at."""

    icon: str
    tone: str
    count: int
    words: str
    looked_at: bool = False


@dataclass(frozen=True, slots=True)
class Preflight:
    """``total`` is how many tasks the scope holds, None when counting them takes too long.

    ``refused`` counts by outcome which of the ``looked`` tasks would be left alone, ``asking`` those about which an
    operator must say whether they are meant; ``arrived`` came since the mark and are not included; ``lost`` counts by
    outcome what was meant and is not among them: who has done the same to it since, or that it has changed.
    ``elsewhere`` says of a scope without tasks what matches in other states, None when to count it took too long.
    """

    verb: str
    scope: Scope
    terms: Terms
    total: int | None
    looked: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    asking: int = 0
    arrived: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Sequence[tuple[int, str]] | None = ()

    @property
    def is_sampled(self) -> bool:
        return self.total is None or self.looked < self.total

    @property
    def asks_nothing(self) -> bool:
        """Tell whether it can be done at once: all is known, and nothing of it needs an answer."""
        return not (self.asking or self.goes_on or self.is_sampled or self.scope.note)

    @property
    def is_unseen(self) -> bool:
        """Tell whether nothing is known of the tasks, because to find a single one took too long."""
        return not self.looked and (self.total is None or self.scope.is_cut)

    @property
    def able(self) -> int:
        """How many tasks would move, those about which must be asked included; of a sample an estimate."""
        return self.scaled(self.looked - sum(self.refused.values()))

    @property
    def sure(self) -> int:
        """How many would move without those about which must be asked."""
        return self.scaled(self.looked - sum(self.refused.values()) - self.asking)

    @property
    def title(self) -> str:
        """The question, with the number of tasks that will move."""
        if self.is_unseen:
            return _("It takes too long to find these tasks")
        if not self.may_go:
            return str(NOTHING_TO[self.verb])
        if self.total is None:
            return str(ASK_UNCOUNTED[self.verb])
        asked: str = ASK[self.verb] % {"about": self.about, "count": number(self.able), "n": self.able}
        return asked

    @property
    def may_go(self) -> bool:
        """Tell whether there is something to do; where not all could be counted, beyond what was looked at."""
        return bool(self.able) or (self.total is None and not self.is_unseen)

    @property
    def about(self) -> str:
        return _("about ") if self.is_sampled else ""

    @property
    def amount(self) -> str:
        """What the button that moves them all says beside its verb."""
        return _("all that match") if self.total is None else f"{self.about}{number(self.able)}"

    @property
    def lines(self) -> Sequence[Line]:
        """What was found; all but the first say what is left alone."""
        lines = [Line("check", "", self.able, str(FINE[self.verb]), looked_at=True)] if self.able else []
        refused = {why: self.scaled(count) for why, count in self.refused.items()}
        lines += [
            Line("alert", "is-warn", count, left_alone(self.verb, why, count), looked_at=True)
            for why, count in refused.items()
        ]
        return [*lines, *(Line("info", "is-queued", *each) for each in self.besides)]

    @property
    def besides(self) -> Iterator[tuple[int, str]]:
        """Yield how many others than the tasks of the scope are left alone, and why."""
        yield from ((count, what_became(self.verb, name, count)) for name, count in self.lost.items())
        yield from self.elsewhere or ()
        if self.arrived:
            yield self.arrived, _("arrived since; not included")

    @property
    def only(self) -> str:
        """What can be moved at all, where nothing of what matches can."""
        return str(ONLY[self.verb]) if self.elsewhere is None or self.elsewhere else ""

    @property
    def asking_count(self) -> int:
        return self.scaled(self.asking)

    @property
    def others(self) -> int:
        """How many would move when those are left alone about which must be asked."""
        return self.sure if self.asking else 0

    @property
    def goes_on(self) -> bool:
        """Tell whether the workers will have to do it."""
        return self.total is None or self.total > MAX_ROWS

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
    missing = (shown or 0) - total - sum(scope.left.values()) if total is not None else 0
    arrived = number_of(scope.arrived(verb)) or 0
    gone = lost(scope, verb, missing, terms)
    elsewhere = () if total or total is None or gone else immovable(scope, verb)
    return Preflight(verb, scope, terms, total, looked, refused, asking, arrived, gone, elsewhere)


def lost(scope: Scope, verb: str, missing: int, terms: Terms) -> Mapping[str, int]:
    """Return by outcome what was meant and is not in the scope; ``missing`` of it were shown and are gone since."""
    already = done_by_others(scope, verb, terms)
    changed = max(missing - sum(already.values()), 0)
    named = {f"{ALREADY}{who}": count for who, count in already.items()}
    return add_up(scope.left, named, {"changed": changed} if changed else None)


def look(scope: Scope, verb: str, terms: Terms) -> tuple[int, Counter[str], int]:
    """Look at the newest tasks, as many as there is time for."""
    refused: Counter[str] = Counter()
    looked = asking = 0
    found = readable(scope.rows(verb)).order_by("-created", "-id")[:ROWS].iterator(CHUNK)
    end = time.monotonic() + SECONDS
    with suppress(TookTooLong), deadline(SECONDS):
        while time.monotonic() < end and (rows := list(islice(found, CHUNK))):
            reasons = terms.refusals(verb, rows)
            asking += len(doubtful(verb, (row for row in rows if not reasons[row.pk])))
            refused.update(reason for reason in reasons.values() if reason)
            looked += len(rows)
    return looked, refused, asking


def counted(scope: Scope, verb: str) -> int | None:
    return number_of(scope.rows(verb))


def done_by_others(scope: Scope, verb: str, terms: Terms) -> Mapping[str, int]:
    """Return who has done the same since, to how many; nobody when finding out takes too long."""
    with suppress(TookTooLong), deadline():
        return moved_by_others(verb, scope.frozen, unnamed=terms.closed)
    return {}


def number_of(rows: Any) -> int | None:
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
