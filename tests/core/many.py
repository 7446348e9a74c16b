"""Actions over many rows, frozen as an operator starts them and driven as workers do."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import background, scope

FAILED = [Q(status=Task.FAILED)]


def frozen(conditions=FAILED, mark=None):
    return scope.freeze(conditions, mark or timezone.now() + timedelta(seconds=1))


def drive_to_the_end(size=5):
    """Batches of ``size`` rows, as workers do them."""
    for _ in range(100):
        waiting = OperatorAction.objects.filter(state__in=OperatorAction.ACTIVE).order_by("id").first()
        if waiting is None:
            return
        background.go_on(waiting.pk, waiting.cursor, size)
    raise AssertionError("it does not end")
