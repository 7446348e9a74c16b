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
from dashboard.selectors.failures import Group
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


def scope_of(group: Group, since: datetime, until: datetime, as_of: datetime) -> Scope:
    """Freeze what failed in this group within a window, as of a moment of the database's clock."""
    conditions = [
        Q(status=Task.FAILED),
        Q(fingerprint=group.fingerprint),
        Q(finished__gte=since),
        Q(finished__lte=until),
    ]
    return freeze_where(conditions, as_of, words(group), group.query(since, until))


def words(group: Group) -> str:
    return _("failures of %(task)s, %(error)s") % {"task": group.name, "error": group.error_name or _("no class")}
