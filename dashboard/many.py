"""A verb over all tasks of a frozen scope: at once when they are few, by the workers when they are many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from dashboard import actions, wording
from dashboard.preflight import counted, paths
from dashboard.scopes import Scope
from django_simple_queue.models import OperatorAction
from django_simple_queue.models.audit import MAX_ROWS, background
from django_simple_queue.models.audit.terms import Terms

State = OperatorAction.State
SAME_CLICK = timedelta(seconds=10)


def run(
    scope: Scope, verb: str, actor: Any, *, repeat: bool, reason: str = "", shown: int | None = None
) -> actions.Result:
    """Do ``verb`` to the scope, or have the workers do it, and say how that came out.

    ``repeat``: also tasks about which an operator is asked (they may have taken effect; for cancel, those that run).
    ``shown`` is how many tasks the operator was told of: the outcomes sum up to it. The second click of a double click
    does nothing, and is told what the first one did.
    """
    if first := just_done(verb, scope.frozen | {"terms": {"repeat": repeat}}, actor):
        return told(first)
    total, left = counted(scope, verb), sum(scope.left.values())
    terms = Terms.of(actor, paths(scope, verb), repeat)
    expected = shown if total is None else max(total + left, shown or 0)
    call = {"expected": expected, "reason": reason.strip(), **actions.options(verb)}
    if total is None or total > MAX_ROWS:
        return told(background.start(verb, scope.frozen, terms, actor, scope.words, **call))
    action = background.at_once(verb, scope.frozen, terms, actor, scope.words, **call)
    if not action.moved:
        action = just_done(verb, action.scope_filter, actor) or action
    return told(action)


def just_done(verb: str, stored: Mapping[str, Any], actor: Any) -> OperatorAction | None:
    """Return what the same form, sent before, has done or still does; None when that was taken back or stopped."""
    recent = Q(state=State.DONE, created__gt=timezone.now() - SAME_CLICK)
    mine = OperatorAction.objects.filter(
        recent | Q(state=State.RUNNING), verb=verb, actor_id=str(actor.pk), undone=None
    )
    return next((each for each in mine.order_by("-id") if background.is_same(each, stored)), None)


def told(action: OperatorAction) -> actions.Result:
    if action.state == State.RUNNING:
        return actions.Result(wording.started(action.verb, action.expected), 0, action=action, goes_on=True)
    sentence, moved = wording.many(action.verb, action.outcomes), action.moved
    return actions.Result(sentence, moved, action)
