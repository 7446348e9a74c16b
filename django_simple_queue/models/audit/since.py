"""What has become of the rows of a frozen scope since its mark."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, QuerySet

from django_simple_queue.models.audit import scope
from django_simple_queue.models.audit.tables import OperatorActionItem
from django_simple_queue.models.task import TaskQuerySet


def lost(
    verb: str, frozen: scope.Frozen, missing: int, besides: int = 0, unnamed: Collection[str] = ()
) -> dict[str, int]:
    """Return as outcomes who has moved the ``missing`` rows of the scope, and how many changed in another way."""
    counts: dict[str, int] = {}
    if missing <= 0:
        return counts
    for name, count in moved_by_others(verb, frozen, besides, unnamed).items():
        counts[f"already {name}"] = min(count, missing - sum(counts.values()))
    rest = missing - sum(counts.values())
    return {name: count for name, count in {**counts, "changed": rest}.items() if count}


def moved_by_others(verb: str, frozen: scope.Frozen, besides: int = 0, unnamed: Collection[str] = ()) -> dict[str, int]:
    """Return by name to how many rows of the scope somebody has done the same since its mark, the most first.

    What was taken back does not count, nor what the action ``besides`` did, nor what was done to ``unnamed`` tasks.
    """
    done = acted_on(verb, frozen).filter(undone=None, action__undone=None).exclude(action=besides)
    again = done.filter(task=OuterRef("task"), action__gt=OuterRef("action"))
    same = scope.same_but_moved(frozen).filter(pk=OuterRef("task")).exclude(task__in=unnamed)
    latest = done.filter(~Exists(again), Exists(same)).order_by()
    counts = latest.values_list("action__actor").annotate(rows=Count("pk"))
    return dict(counts.order_by("-rows", "action__actor"))


def arrivals(verb: str, frozen: scope.Frozen) -> TaskQuerySet:
    """Return the tasks that match now and did not at the mark, as far as that can be known: they changed since.

    One to which ``verb`` was done since was there before, and has come back.
    """
    return scope.arrivals(frozen).filter(~Exists(acted_on(verb, frozen).filter(task=OuterRef("pk"))))


def acted_on(verb: str, frozen: scope.Frozen) -> QuerySet[OperatorActionItem]:
    return OperatorActionItem.objects.filter(action__created__gte=scope.mark_of(frozen), action__verb=verb)
