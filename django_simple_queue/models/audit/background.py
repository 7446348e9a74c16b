"""Actions over more rows than a request can move: any worker's housekeeping goes on with them, batch by batch.

A batch is one transaction over its rows, their items, and the action's cursor and outcomes: whatever ends the worker,
the next batch begins where the last whole one ended. Whoever holds the action's row drives it; the others pass by.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import Error, connections, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from django_simple_queue.models.audit import scope, walk
from django_simple_queue.models.audit.since import lost
from django_simple_queue.models.audit.tables import OperatorAction
from django_simple_queue.models.audit.terms import Terms
from django_simple_queue.models.audit.undoing import add_up, close_undo, not_undone, put_back
from django_simple_queue.models.audit.verbs import MAX_ROWS, identify, move, require_verb
from django_simple_queue.models.complaints import is_in_the_way
from django_simple_queue.models.contention import one_at_a_time, restarted_after_deadlock, still_works, wait_at_most
from django_simple_queue.models.primary import alias
from django_simple_queue.models.steps import Steps
from django_simple_queue.text import storable

LISTED = 500
logger = logging.getLogger("django_simple_queue.worker")
_steps = Steps(seconds=0.05, first=100, least=10, most=MAX_ROWS)


@restarted_after_deadlock
def start(
    verb: str,
    frozen: scope.Frozen,
    terms: Terms,
    actor: object,
    words: str,
    *,
    expected: int | None = None,
    reason: str = "",
    hold: timedelta = timedelta(),
) -> OperatorAction:
    """Write down an action over all rows of ``frozen`` for the workers to do, and return it, RUNNING.

    ``expected`` is how many rows the scope holds, ``hold`` how long requeued rows wait before they may start. An
    action by the same actor over the same scope that still runs is returned instead of a second one.
    """
    action = new(verb, frozen, terms, actor, words, expected, reason, hold)
    with transaction.atomic(using=alias()):
        action.save(force_insert=True)
        one_at_a_time(actor, alias())
        running = OperatorAction.objects.filter(verb=verb, state=action.state, actor_id=action.actor_id)
        others = running.using(alias()).exclude(pk=action.pk).order_by("pk")
        same = (each for each in others if each.actor == action.actor and is_same(each, action.scope_filter))
        twin = next(same, None)
        if twin is not None:
            action.delete()
        return twin or action


@restarted_after_deadlock
def at_once(
    verb: str,
    frozen: scope.Frozen,
    terms: Terms,
    actor: object,
    words: str,
    *,
    expected: int | None = None,
    reason: str = "",
    hold: timedelta = timedelta(),
) -> OperatorAction:
    """Do an action over the few rows of ``frozen`` here and now, in one transaction; as ``start`` otherwise.

    An action that moved nothing is not kept; its outcomes say why.
    """
    action = new(verb, frozen, terms, actor, words, expected, reason, hold)
    with transaction.atomic(using=alias()):
        action.save(force_insert=True)
        while action.state == OperatorAction.State.RUNNING:
            batch(action, MAX_ROWS)
        if not action.items.exists():
            action.delete()
    return action


def new(
    verb: str,
    frozen: scope.Frozen,
    terms: Terms,
    actor: object,
    words: str,
    expected: int | None,
    reason: str,
    hold: timedelta,
) -> OperatorAction:
    require_verb(verb)
    return OperatorAction(
        verb=verb,
        scope=words[:500],
        scope_filter=frozen | {"terms": terms.as_json(), "hold": hold.total_seconds()},
        reason=reason[:500],
        outcomes=frozen.get("left", {}),
        expected=expected,
        state=OperatorAction.State.RUNNING,
        **identify(actor),
    )


def is_same(action: OperatorAction, stored: Mapping[str, Any]) -> bool:
    """Tell whether the action is what this scope, stored with its terms, was sent for: once more, by a double click."""
    return asked_for(action.scope_filter) == asked_for(stored)


def asked_for(stored: Mapping[str, Any]) -> list[Any]:
    """Return what the form said: which rows were ticked, or else the conditions and the moment; and what to repeat."""
    rows = [stored["ticked"]] if "ticked" in stored else [stored.get("where"), stored.get("mark")]
    return [*rows, stored.get("terms", {}).get("repeat")]


def abort(action: OperatorAction, actor: object = None) -> bool:
    """Let no further row be moved; False when the action has ended already. What is done stays done."""
    running = OperatorAction.objects.filter(pk=action.pk, state=OperatorAction.State.RUNNING)
    problem = gettext("Stopped by %s.") % (identify(actor)["actor"] or gettext("application code"))
    return bool(running.update(state=OperatorAction.State.ABORTED, finished=Now(), problem=problem))


def drive() -> bool:
    """Do one batch of the oldest action that waits for workers; tell whether there is more to do.

    Takes about 50 ms. An action that cannot go on is ended with the problem written down.
    """
    waiting = OperatorAction.objects.using(alias()).filter(state__in=OperatorAction.ACTIVE)
    found = waiting.order_by("id").values_list("pk", "cursor").first()
    if found is None:
        return False
    began, session = time.monotonic(), connections[alias()].connection
    try:
        moved = go_on(*found, _steps.size)
    except Exception as error:
        if is_in_the_way(error):
            return False
        if isinstance(error, Error) and not still_works(session, alias()):
            raise
        give_up(found[0], error)
        return True
    _steps.took(time.monotonic() - began)
    return moved


@restarted_after_deadlock
def go_on(pk: int, cursor: str, size: int) -> bool:
    """Do the next ``size`` rows of an action, unless another worker does; tell whether this one did."""
    with transaction.atomic(using=alias()):
        wait_at_most(alias())
        action = held(pk, cursor)
        if action is None:
            return False
        if action.state == OperatorAction.State.UNDOING:
            undo_batch(action, size)
        else:
            batch(action, size)
    return True


def held(pk: int, cursor: str) -> OperatorAction | None:
    """Lock the action where it was found; begun by a write where a lock cannot be asked for (SQLite)."""
    rows = OperatorAction.objects.using(alias()).filter(pk=pk, cursor=cursor, state__in=OperatorAction.ACTIVE)
    if connections[alias()].features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True).first()
    return rows.first() if rows.update(cursor=cursor) else None


def batch(action: OperatorAction, size: int) -> None:
    frozen, terms = action.scope_filter, Terms.read(action.scope_filter["terms"])
    rows, action.cursor = walk.on(action.verb, scope.rows(frozen), action.cursor, size)
    refusals = terms.refusals(action.verb, rows)
    outcomes, _ = move(action, [row for row in rows if not refusals[row.pk]], **options(action))
    left = Counter(reason for reason in refusals.values() if reason)
    action.outcomes = add_up(action.outcomes, outcomes, left)
    action.left_alone = listed(action.left_alone, refusals)
    columns = ["outcomes", "cursor", "left_alone"]
    if action.cursor == walk.END:
        columns += finish(action)
    action.save(update_fields=columns)


def options(action: OperatorAction) -> dict[str, Any]:
    return {"hold": timedelta(seconds=action.scope_filter.get("hold") or 0)} if action.verb == "requeue" else {}


def listed(known: dict[str, list[str]] | None, refusals: dict[Any, str]) -> dict[str, list[str]]:
    """Return the ids of the first rows that were left alone, by outcome."""
    lists = dict(known or {})
    for pk, reason in refusals.items():
        if reason and len(lists.get(reason, ())) < LISTED:
            lists.setdefault(reason, []).append(str(pk))
    return lists


def finish(action: OperatorAction) -> list[str]:
    """End the action; what the scope held when it began and has lost since is accounted for as well."""
    missing = (action.expected or 0) - sum(action.outcomes.values())
    unnamed = Terms.read(action.scope_filter["terms"]).closed
    action.outcomes = add_up(action.outcomes, lost(action.verb, action.scope_filter, missing, action.pk, unnamed))
    action.state, action.finished = OperatorAction.State.DONE, Now()
    return ["state", "finished"]


def undo_batch(action: OperatorAction, size: int) -> None:
    items = list(not_undone(action).filter(pk__gt=int(action.cursor or 0))[:size])
    action.undo_outcomes = add_up(action.undo_outcomes, put_back(action, items))
    action.cursor = str(items[-1].pk) if items else action.cursor
    if len(items) < size:
        action.state = OperatorAction.State.DONE
    action.save(update_fields=["cursor", "undo_outcomes", "state"])
    if action.state == OperatorAction.State.DONE:
        close_undo(action, action.undo_outcomes, action.undone_by)


def give_up(pk: int, error: Exception) -> None:
    logger.exception("operator action %s cannot go on", pk, exc_info=error)
    ended = {"state": OperatorAction.State.ABORTED, "finished": Now()}
    problem = storable(f"{type(error).__name__}: {error}", 500)
    OperatorAction.objects.using(alias()).filter(pk=pk).update(problem=problem, **ended)
