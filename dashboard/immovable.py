"""What matches, but is in no state from which a verb moves it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext_lazy, ngettext

from dashboard.deadline import TookTooLong, deadline
from dashboard.scopes import Scope
from dashboard.states import OF_STATUS, UNKNOWN

ONLY = {
    "requeue": gettext_lazy("Only failed and cancelled tasks can be requeued."),
    "cancel": gettext_lazy("Only tasks that wait or run can be cancelled."),
}


def immovable(scope: Scope, verb: str) -> Sequence[tuple[int, str]] | None:
    """Return how many are in which other state, and that in words; None when to count them takes too long."""
    counted = scope.immovable(verb).order_by("status").values_list("status").annotate(Count("pk"))
    try:
        with deadline():
            return [(count, are(status, count)) for status, count in counted]
    except TookTooLong:
        return None


def are(status: int, count: int) -> str:
    state = str(OF_STATUS.get(status, UNKNOWN).label).lower()
    return ngettext("is %(state)s", "are %(state)s", count) % {"state": state}
