"""What an operator does to a group of failures: judge it, or requeue what failed within a window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import router, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dashboard.models import FailureGroup
from dashboard.scopes import Scope, freeze_where
from dashboard.selectors.failures import Group
from dashboard.selectors.group_windows import query_of
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import identify

SAME = timedelta(milliseconds=1)
"""SQLite keeps times with three digits or six, and compares them as text."""
SLACK = timedelta(seconds=1)
VERBS = {
    "resolve_group": FailureGroup.State.RESOLVED,
    "ignore_group": FailureGroup.State.IGNORED,
    "reopen_group": FailureGroup.State.OPEN,
}


def judge(verb: str, group: Group, actor: Any, *, decision: str, until: datetime) -> OperatorAction | None:
    """Resolve, ignore or reopen what failed of a group ``until`` then, and write down who did it.

    ``decision`` is the one that was shown. None, and nothing is done, when it is not the latest, or says the same.
    """
    who = identify(actor)
    columns = {"state": VERBS[verb], "since": until, "set_by": who["actor"]}
    if group.decision != decision or group.state == VERBS[verb]:
        return None
    with transaction.atomic(using=router.db_for_write(FailureGroup)):
        if not decide(group, columns):
            return None
        return OperatorAction.objects.create(
            verb=verb, scope=words(group)[:500], scope_filter={"fingerprint": group.fingerprint}, **who
        )


def decide(group: Group, columns: Mapping[str, Any]) -> bool:
    """Store a decision unless somebody else has made one since ``group`` was read."""
    if group.judged is None:
        _row, is_first = FailureGroup.objects.get_or_create(fingerprint=group.fingerprint, defaults=columns)
        return is_first
    read = group.judged
    same = FailureGroup.objects.filter(pk=read.pk, state=read.state, set_by=read.set_by)
    return bool(same.filter(since__gt=read.since - SAME, since__lt=read.since + SAME).update(**columns))


def latest(fingerprint: str) -> OperatorAction | None:
    """Return what was decided about a group last: not before what it decided about, so that is where to look."""
    judged = FailureGroup.objects.filter(pk=fingerprint).first()
    if judged is None:
        return None
    lately = OperatorAction.objects.filter(created__gt=judged.since - SLACK, verb__in=VERBS)
    return lately.filter(scope_filter__fingerprint=fingerprint).order_by("-created", "-pk").first()


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
