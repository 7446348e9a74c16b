"""Going through the rows of a scope in batches that cost the same wherever they lie: by status, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from django_simple_queue.models.audit.terms import readable
from django_simple_queue.models.primary import alias
from django_simple_queue.models.task import Task, TaskQuerySet
from django_simple_queue.models.transitions import MOVES

END = "end"
LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """After the row ``pk`` created at ``moment`` (the database's own text) among those of one status."""

    status: int
    moment: str = ""
    pk: UUID | None = None

    def __str__(self) -> str:
        return f"{self.status}~{self.moment}~{self.pk or ''}"

    @classmethod
    def parse(cls, text: str) -> Place:
        status, moment, pk = text.split("~")
        return cls(int(status), moment, UUID(pk) if pk else None)

    @property
    def bound(self) -> Any:
        """SQLite keeps times with three digits or six and compares them as text: a row must equal its own place."""
        if connections[alias()].vendor == "sqlite":
            return Value(self.moment, output_field=TextField())
        moment = parse_datetime(self.moment)
        return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None and settings.USE_TZ else moment

    def beyond(self) -> Q:
        """Return the condition for rows after this one; the first bound alone lets the index find the place."""
        if not self.moment:
            return Q()
        return Q(created__gte=self.bound) & (Q(created__gt=self.bound) | Q(pk__gt=self.pk))

    def up_to(self) -> Q:
        return Q(created__lte=self.bound) & (Q(created__lt=self.bound) | Q(pk__lte=self.pk))


def on(verb: str, scope: TaskQuerySet, cursor: str, size: int) -> tuple[list[Any], str]:
    """Return at most ``size`` locked rows of ``scope`` beyond ``cursor``, as terms read them, and the next cursor.

    At most 5 000 rows of the list are looked at, so that a few matches among many do not take long. The cursor is END
    when nothing is left.
    """
    statuses = MOVES[verb].sources
    place = Place.parse(cursor) if cursor else Place(statuses[0])
    edge = last(ordered(Task.objects.all(), place), LOOKED_AT)
    found = ordered(scope, place).filter(edge.up_to()) if edge else ordered(scope, place)
    rows: list[Any] = list(readable(found).select_for_update()[:size])
    if len(rows) == size:
        return rows, str(place_of(rows[-1]))
    following = edge or next((Place(each) for each in after(place.status, statuses)), None)
    return rows, str(following or END)


def ordered(rows: TaskQuerySet, place: Place) -> TaskQuerySet:
    """Return what lies beyond ``place`` in the order of the list index, with the time as the database writes it."""
    timed = rows.annotate(moment=Cast("created", TextField()))
    return timed.filter(place.beyond(), status=place.status).order_by("created", "id")


def last(rows: TaskQuerySet, count: int) -> Place | None:
    """Return the place of the row number ``count``, None when there are fewer."""
    found: Any = rows.only("status")[count - 1 : count].first()
    return place_of(found) if found else None


def place_of(row: Any) -> Place:
    return Place(row.status, row.moment, row.pk)


def after(status: int, statuses: tuple[int, ...]) -> tuple[int, ...]:
    return statuses[statuses.index(status) + 1 :]
