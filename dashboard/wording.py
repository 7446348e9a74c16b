"""The sentences that tell an operator what was done, what was not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.formats import number
from django_simple_queue import conf
from django_simple_queue.models import OperatorAction
from django_simple_queue.redaction import visible

PAST = {
    "requeue": "requeued",
    "cancel": "cancelled",
    "start_now": "started",
    "mark_failed": "marked as failed",
    "run_again": "run again",
    "enqueue": "enqueued",
    "export": "exported",
    "pause_queue": "paused",
    "resolve_group": "resolved",
    "ignore_group": "ignored",
    "reopen_group": "reopened",
    "resume_queue": "resumed",
    "pause_worker": "paused worker",
    "resume_worker": "resumed worker",
    "drain_worker": "drained worker",
    "edit": "edited and enqueued anew",
}
REFUSED = {
    "queued": "queued already",
    "progress": "in progress",
    "completed": "completed",
    "failed": "failed already",
    "cancelled": "cancelled already",
    "not_allowed": "not possible now",
    "not_permitted": "not yours to change",
    "never": "never to be repeated",
    "gone": "gone",
    "missing": "that cannot be imported any more",
    "unfit": "with arguments that no longer fit",
    "unanswered": "that may have taken effect already",
    "changed": "changed or removed since",
}
ALREADY = "already "
DOING = {"requeue": gettext_lazy("Requeueing"), "cancel": gettext_lazy("Cancelling")}
UNDONE = {
    "restored": gettext_lazy("as before"),
    "started": gettext_lazy("had already started"),
    "changed": gettext_lazy("were changed since"),
    "gone": gettext_lazy("were removed since"),
}
WHY_NOT = {
    ("requeue", "not_allowed"): "not in the allowlist any more",
    ("cancel", "not_allowed"): "asked to stop already",
    ("cancel", "unanswered"): "running",
    ("start_now", "queued"): "free to start already",
    ("mark_failed", "progress"): "held by a live worker",
}


class Asked(NamedTuple):
    title: str
    text: str
    answer: str


def past(verb: str) -> str:
    return PAST.get(verb, verb.replace("_", " "))


def one(verb: str, name: str, asked: bool) -> str:
    """Say what was done to one task."""
    if asked:
        return f"Asked the worker to stop {name}."
    if verb == "requeue" and conf.get_undo_seconds():
        return f"Requeued {name}, starts in {conf.get_undo_seconds():.0f} s."
    if verb == "start_now":
        return f"{name} may start now."
    return f"{past(verb).capitalize()}: {name}."


def many(verb: str, outcomes: dict[str, int]) -> str:
    """Say what was done to many tasks, and for each that stayed as it was, why; the numbers add up."""
    total, done, asked = sum(outcomes.values()), outcomes.get("done", 0), outcomes.get("asked", 0)
    rest = [f"{count} {why_not(verb, reason)}" for reason, count in outcomes.items() if reason not in ("done", "asked")]
    head = f"{past(verb).capitalize()} {done} of {total}" if done or not asked else ""
    asking = f"asked the workers to stop {asked}" if asked else ""
    sentence = ", ".join(part for part in (head, asking) if part)
    tail = f": {', '.join(rest)}" if rest else ""
    return f"{sentence[0].upper()}{sentence[1:]}{tail}."


def why_not(verb: str, reason: str) -> str:
    if reason.startswith(ALREADY):
        return f"already {past(verb)} by {reason.removeprefix(ALREADY) or 'application code'}"
    return WHY_NOT.get((verb, reason)) or REFUSED.get(reason, reason)


def going_on(verb: str) -> str:
    """Return what somebody has begun, as it follows their name."""
    return _("is %s") % str(DOING[verb]).lower()


def started(verb: str, expected: int | None) -> str:
    """Say that workers will do the rest."""
    count = _("all tasks that match") if expected is None else _("%s tasks") % number(expected)
    return _("%(doing)s %(count)s; the workers do it, batch by batch.") % {"doing": DOING[verb], "count": count}


def refused(verb: str, outcomes: dict[str, int]) -> str:
    """Say why one task stayed as it was."""
    reason = next(iter(outcomes), "gone")
    return f"This task is {why_not(verb, reason)}. Nothing done."


def not_importable(task: str, error: str) -> str:
    what = {"task": visible(task), "error": visible(error)[:200]}
    return _("%(task)s cannot be imported (%(error)s). Nothing done.") % what


def does_not_fit(task: str, misfit: str) -> str:
    name = visible(task.rpartition(".")[2])
    if not misfit:
        return _("Its arguments no longer fit %s. Nothing done.") % name
    what = {"name": name, "misfit": visible(misfit)[:200]}
    return _("Its arguments no longer fit %(name)s: %(misfit)s. Nothing done.") % what


def somebody_was_first(action: OperatorAction, age: timedelta, same_person: bool) -> str:
    who = "You" if same_person else action.actor or "Application code"
    return f"{who} {past(action.verb)} this {words(age)} ago. Nothing done."


def words(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def undone(action: OperatorAction, restored: int) -> str:
    """Say how much of ``action`` was taken back."""
    total = action.outcomes.get("done", 0)
    if restored and restored < total:
        rest = {name: count for name, count in (action.undo_outcomes or {}).items() if name != "restored"}
        return f"Undone {number(restored)}; {outcome_words(rest)}."
    if restored:
        return f"Undone: {action.scope} is as before." if total == 1 else f"Undone: {total} tasks are as before."
    if action.undone:
        return f"{action.undone_by or 'Somebody'} has undone this already. Nothing done."
    return "Too late to undo: it has started, or was changed since. Nothing done."


def outcome_words(outcomes: Mapping[str, int]) -> str:
    """Say what became of tasks that were to be put back."""
    return ", ".join(f"{number(count)} {UNDONE[name]}" for name, count in outcomes.items())


def undoing(action: OperatorAction) -> str:
    return _("Undoing %s tasks; the workers do it, batch by batch.") % number(action.done)


def question(verb: str, doubtful: int, total: int, name: str, answered: bool) -> Asked:
    if verb == "cancel":
        return stop(doubtful, total, name)
    if total == 1:
        known = "It has run before, and repeating it may do harm: its effects may happen twice."
        unknown = "Its last run ended without an answer and may have taken effect. Running it again may repeat that."
        return Asked(f"Requeue {name}?", known if answered else unknown, "Requeue anyway")
    text = f"{doubtful} of {total} may have taken effect already. Running them again may repeat it."
    return Asked(f"Requeue {total} tasks?", text, f"Requeue all {total}")


def stop(running: int, total: int, name: str) -> Asked:
    if total == 1:
        text = "It is running. Its process is ended at once; what it has done so far stays done."
        return Asked(f"Stop {name}?", text, "Stop task")
    text = (
        f"{running} of {total} are running. Their processes are ended at once; what they have done so far stays done."
    )
    return Asked(f"Cancel {total} tasks?", text, f"Cancel all {total}")
