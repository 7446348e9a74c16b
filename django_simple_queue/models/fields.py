"""Ids and field classes of the queue's tables."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone


def uuid7() -> UUID:
    """Return a UUID of version 7: 48 bits of Unix milliseconds, then randomness (RFC 9562, section 5.7)."""
    value = int.from_bytes(os.urandom(10)) | (time.time_ns() // 1_000_000) << 80
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


if TYPE_CHECKING:
    BooleanField = models.BooleanField[bool, bool]
else:
    BooleanField = models.BooleanField


MOMENT: models.DateTimeField[Any, Any] = models.DateTimeField()


class DueField(BooleanField):
    """Whether the task may be claimed; an insert sets it from ``run_after``, later only a promotion does."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add:
            setattr(model_instance, self.attname, has_come(model_instance.__dict__["run_after"]))
        return super().pre_save(model_instance, add)


def has_come(moment: Any) -> bool:
    """Tell whether a time has come; what only the database can tell is left to the next promotion."""
    if hasattr(moment, "resolve_expression"):
        return False
    value = MOMENT.to_python(moment)
    if settings.USE_TZ and timezone.is_naive(value):
        value = timezone.make_aware(value)
    return bool(value <= timezone.now())
