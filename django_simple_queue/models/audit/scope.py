"""A filter frozen as JSON: conditions on the columns of tasks with absolute times, and the moment they were true.

``freeze`` makes it, ``rows`` and ``arrivals`` read it back; workers need nothing else to go on with an action. What was
meant and is not among the rows may be counted in it as ``left``, by outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.dateparse import parse_datetime

from django_simple_queue.models.elapsed import Elapsed
from django_simple_queue.models.task import Task, TaskQuerySet

Frozen = dict[str, Any]
LOOKUPS = frozenset(("exact", "in", "gt", "gte", "lt", "lte", "isnull", "startswith", "icontains"))
RAN = Elapsed(Coalesce("finished", Now()), F("started"))
COMPUTED = {"ran": RAN}
MOVED_BY_VERBS = frozenset(("status", "due", "attempt", "run_after", "cancel_requested", "modified"))


class CannotFreeze(ValueError):
    """A condition cannot be stored: it asks for more than the columns of a task."""


def freeze(conditions: Iterable[Q], mark: datetime) -> Frozen:
    """Return the conditions, all of which must hold, as JSON; "now" in them becomes ``mark``.

    ``mark`` is of the database clock. Raises CannotFreeze for a condition on anything but columns of a task and
    "ran" (how long it ran), with another lookup than those of LOOKUPS.
    """
    return {"where": [freeze_node(each, mark) for each in conditions], "mark": mark.isoformat()}


def rows(frozen: Frozen) -> TaskQuerySet:
    """Return the tasks that match and have not changed since the mark."""
    return matching(frozen).filter(modified__lte=mark_of(frozen))


def arrivals(frozen: Frozen) -> TaskQuerySet:
    """Return the tasks that match now and did not at the mark, as far as that can be known: they changed since."""
    return matching(frozen).filter(modified__gt=mark_of(frozen))


def matching(frozen: Frozen, keep: Callable[[str], bool] = lambda column: True) -> TaskQuerySet:
    """Return what matches at this moment, by the conditions on the columns to ``keep``."""
    return Task.objects.alias(**COMPUTED).filter(*(thaw_node(each, keep) for each in frozen["where"]))


def same_but_moved(frozen: Frozen) -> TaskQuerySet:
    """Return what matches but for the columns that an operator's verb changes."""
    return matching(frozen, lambda column: column not in MOVED_BY_VERBS)


def mark_of(frozen: Frozen) -> datetime:
    mark = parse_datetime(frozen["mark"])
    if mark is None:
        raise ValueError(f"{frozen['mark']!r} is not a moment.")
    return mark


def freeze_node(node: Any, mark: datetime) -> Any:
    if isinstance(node, Q):
        children = [freeze_node(each, mark) for each in node.children]
        return {"join": node.connector, "not": node.negated, "of": children}
    if not isinstance(node, tuple):
        raise CannotFreeze(f"{type(node).__name__} is not a condition on a column.")
    name, value = node
    column, lookup = split(name)
    known = column in COMPUTED or column in {field.name for field in Task._meta.get_fields()} | {"pk"}
    if not known or lookup not in LOOKUPS:
        raise CannotFreeze(f"{name!r} is not a condition that can be frozen.")
    return [name, freeze_value(value, mark)]


def freeze_value(value: Any, mark: datetime) -> Any:
    if isinstance(value, Now):
        return {"time": mark.isoformat()}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, list | tuple | set | frozenset):
        return [freeze_value(each, mark) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise CannotFreeze(f"{type(value).__name__} cannot be frozen.")


def thaw_node(node: Any, keep: Callable[[str], bool]) -> Q:
    if isinstance(node, Mapping):
        parts = [part for part in (thaw_node(each, keep) for each in node["of"]) if part]
        return Q(*parts, _connector=node["join"], _negated=node["not"]) if parts else Q()
    name, value = node
    return Q((name, thaw_value(value))) if keep(split(name)[0]) else Q()


def thaw_value(value: Any) -> Any:
    if isinstance(value, list):
        return [thaw_value(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "time" in value:
        return parse_datetime(value["time"])
    return timedelta(seconds=value["seconds"]) if "seconds" in value else UUID(value["uuid"])


def split(name: str) -> tuple[str, str]:
    """Return the column and the lookup of a condition's name."""
    column, _, lookup = name.partition("__")
    return column, lookup or "exact"
