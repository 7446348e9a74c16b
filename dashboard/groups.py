"""What an operator does to a group of failures: judge it, or requeue what failed within a window."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import router, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from dashboard.models import FailureGroup
from dashboard.scopes import Scope, freeze_where
from dashboard.selectors.failures import Group, query_of
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import identify

VERBS = {
    "resolve_group": FailureGroup.State.RESOLVED,
    "ignore_group": FailureGroup.State.IGNORED,
    "reopen_group": FailureGroup.State.OPEN,
}


def judge(verb: str, group: Group, actor: Any) -> OperatorAction:
    """Resolve, ignore or reopen a group from now on, and write down who did it."""
    who = identify(actor)
    columns = {"state": VERBS[verb], "since": Now(), "set_by": who["actor"]}
    with transaction.atomic(using=router.db_for_write(FailureGroup)):
        FailureGroup.objects.update_or_create(fingerprint=group.fingerprint, defaults=columns)
        return OperatorAction.objects.create(
            verb=verb, scope=words(group)[:500], scope_filter={"fingerprint": group.fingerprint}, **who
        )


def scope_of(fingerprint: str, group: Group | None, since: datetime, until: datetime, as_of: datetime) -> Scope:
    """Freeze what failed in a group within a window, as of a moment of the database's clock; None for a group is one
    of which no task is failed any more."""
    conditions = [
        Q(status=Task.FAILED),
        Q(fingerprint=fingerprint),
        Q(finished__gte=since),
        Q(finished__lte=until),
    ]
    named = words(group) if group else _("a group of failures")
    return freeze_where(conditions, as_of, named, query_of(fingerprint, since, until))


def words(group: Group) -> str:
    return _("failures of %(task)s, %(error)s") % {"task": group.name, "error": group.error_name or _("no class")}
