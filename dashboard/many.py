"""A verb over all tasks of a frozen scope: at once when they are few, by the workers when they are many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from dashboard import actions, wording
from dashboard.preflight import counted, paths
from dashboard.scopes import Scope
from django_simple_queue.models import OperatorAction
from django_simple_queue.models.audit import MAX_ROWS, background
from django_simple_queue.models.audit.terms import Terms

SAME_CLICK = timedelta(seconds=10)


def run(
    scope: Scope, verb: str, actor: Any, *, repeat: bool, reason: str = "", shown: int | None = None
) -> actions.Result:
    """Do ``verb`` to the scope, or have the workers do it, and say how that came out.

    ``repeat``: also tasks about which an operator is asked (they may have taken effect; for cancel, those that run).
    ``shown`` is how many tasks the operator was told of: the outcomes sum up to it.
    """
    total, left = counted(scope, verb), sum(scope.left.values())
    terms = Terms.of(actor, paths(scope, verb), repeat)
    expected = shown if total is None else max(total + left, shown or 0)
    call = {"expected": expected, "reason": reason.strip(), **actions.options(verb)}
    if total is None or total > MAX_ROWS:
        action = background.start(verb, scope.frozen, terms, actor, scope.words, **call)
        return actions.Result(wording.started(verb, expected), 0, action=action, goes_on=True)
    action = background.at_once(verb, scope.frozen, terms, actor, scope.words, **call)
    if not actions.moved(action.outcomes):
        action = just_done(action, actor) or action
    sentence, moved = wording.many(verb, action.outcomes), actions.moved(action.outcomes)
    return actions.Result(sentence, moved, action)


def just_done(action: OperatorAction, actor: Any) -> OperatorAction | None:
    """Return what the first click of a double click did."""
    since = timezone.now() - SAME_CLICK
    mine = OperatorAction.objects.filter(verb=action.verb, actor_id=str(actor.pk), created__gt=since)
    same = (each for each in mine.order_by("-id") if background.is_same_scope(each, action))
    return next(same, None)
