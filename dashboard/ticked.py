"""Rows that somebody has ticked, each held to what it was then: what has changed since is left alone, and told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import scopes
from dashboard.actions import latest_items
from dashboard.formats import number
from dashboard.ids import as_uuid, tick
from dashboard.scopes import Scope
from django_simple_queue.models import OperatorActionItem, Task
from django_simple_queue.models.audit.terms import Terms
from django_simple_queue.models.audit.verbs import OUTCOME_OF_STATUS
from django_simple_queue.models.transitions import MOVES

Ticked = Mapping[UUID, datetime]


def tokens(ticked: Ticked) -> str:
    return " ".join(tick(pk, seen) for pk, seen in ticked.items())


def read(form: QueryDict, shown: datetime, now: datetime) -> Ticked:
    """Return when each ticked row had last changed as it was ticked: ``shown``, when its page came, if that is unknown.

    What the form has kept of a row comes before what its box says now.
    """
    found: dict[UUID, datetime] = {}
    for text in (*form.get("ticked", "").split(), *form.getlist("ids")):
        name, _at, seen = text.partition("@")
        if pk := as_uuid(name):
            found.setdefault(pk, scopes.read_moment(seen, now) if seen else shown)
    return found


def freeze(ticked: Ticked, verb: str, now: datetime, terms: Terms) -> Scope:
    """Freeze the ticked rows that ``verb`` accepts and that have not changed since, and count the others.

    By the ``terms`` of whoever asks it is told who has changed them.
    """
    taken = dict(list(ticked.items())[: scopes.MOST_FOUND])
    note = _("More than that are not taken at once.") if len(ticked) > len(taken) else ""
    words = ngettext("%s ticked task", "%s ticked tasks", len(taken)) % number(len(taken))
    rows = list(Task.objects.filter(pk__in=taken).only("task", "status", "modified"))
    same = [row for row in rows if row.modified <= taken[row.pk]]
    fit = [row.pk for row in same if row.status in MOVES[verb].sources]
    left = Counter(OUTCOME_OF_STATUS[row.status] for row in same if row.status not in MOVES[verb].sources)
    moved = [row for row in rows if row.modified > taken[row.pk]]
    open_ = {row.pk: taken[row.pk] for row in moved if row.task not in terms.closed}
    left += changed(verb, open_) + Counter({"changed": len(moved) - len(open_)})
    left["gone"] = len(taken) - len(rows)
    scope = scopes.freeze_ids(fit, now, words, note, dict(+left))
    return replace(scope, frozen=scope.frozen | {"ticked": fingerprint(ticked)})


def fingerprint(ticked: Ticked) -> str:
    """Return the same text for the same ticks, whenever they are sent: what has become of the rows is not in it."""
    return hashlib.sha256(" ".join(sorted(tokens(ticked).split())).encode()).hexdigest()


def changed(verb: str, ticked: Ticked) -> Counter[str]:
    """Return as outcomes who has done the same to rows since they were ticked; of all others that they have changed."""
    latest = {item.task: item for item in latest_items(ticked)}
    return Counter(how(verb, latest.get(pk), seen) for pk, seen in ticked.items())


def how(verb: str, item: OperatorActionItem | None, seen: datetime) -> str:
    is_same = item and item.action.verb == verb and item.action.created >= seen and not item.taken_back
    return f"already {item.action.actor}" if item and is_same else "changed"
