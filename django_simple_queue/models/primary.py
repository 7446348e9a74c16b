"""The queue reads where it writes: on a replica that lags, a row is not there yet, or is as it was before its claim."""

from __future__ import annotations

from typing import TypeVar

from django.apps import apps
from django.db import models, router

Row = TypeVar("Row", bound=models.Model)


def alias() -> str:
    """Return the database where the tasks are, and all that belongs to them: where a router sends writes of Task."""
    return router.db_for_write(apps.get_model("django_simple_queue", "Task"))


class PrimaryQuerySet(models.QuerySet[Row]):
    @property
    def db(self) -> str:
        """The alias that this set is read from, unless ``using`` has named one."""
        return self._db or router.db_for_write(self.model, **self._hints)  # type: ignore[attr-defined]


class PrimaryManager(models.Manager[Row]):
    def get_queryset(self) -> PrimaryQuerySet[Row]:
        return PrimaryQuerySet(self.model, using=self._db)
