"""The sentences that tell an operator what was done, what was not, and why."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from dashboard.formats import coarse, number
from django_simple_queue import conf
from django_simple_queue.models import OperatorAction, QueuePause
from django_simple_queue.models.audit import identify
from django_simple_queue.models.control import queue_words
from django_simple_queue.redaction import visible

PAST = {
    "requeue": gettext_lazy("requeued"),
    "cancel": gettext_lazy("cancelled"),
    "start_now": gettext_lazy("started"),
    "mark_failed": gettext_lazy("marked as failed"),
    "run_again": gettext_lazy("run again"),
    "enqueue": gettext_lazy("enqueued"),
    "export": gettext_lazy("exported"),
    "pause_queue": gettext_lazy("paused"),
    "resolve_group": gettext_lazy("resolved"),
    "ignore_group": gettext_lazy("ignored"),
    "reopen_group": gettext_lazy("reopened"),
    "resume_queue": gettext_lazy("resumed"),
    "pause_worker": gettext_lazy("paused worker"),
    "resume_worker": gettext_lazy("resumed worker"),
    "drain_worker": gettext_lazy("drained worker"),
    "edit": gettext_lazy("edited and enqueued anew"),
}
REFUSED = {
    "queued": gettext_lazy("queued already"),
    "progress": gettext_lazy("in progress"),
    "completed": gettext_lazy("completed"),
    "failed": gettext_lazy("failed already"),
    "cancelled": gettext_lazy("cancelled already"),
    "not_allowed": gettext_lazy("not possible now"),
    "not_permitted": gettext_lazy("not yours to change"),
    "never": gettext_lazy("never to be repeated"),
    "gone": gettext_lazy("gone"),
    "missing": gettext_lazy("that cannot be imported any more"),
    "unfit": gettext_lazy("with arguments that no longer fit"),
    "unanswered": gettext_lazy("that may have taken effect already"),
    "changed": gettext_lazy("changed or removed since"),
}
LEFT_ALONE = {
    "unfit": ngettext_lazy("no longer fits the signature", "no longer fit the signature", "count"),
    "missing": ngettext_lazy("cannot be imported any more", "cannot be imported any more", "count"),
    "not_allowed": ngettext_lazy("is not in the allowlist any more", "are not in the allowlist any more", "count"),
    "not_permitted": ngettext_lazy("is not yours to change", "are not yours to change", "count"),
    "never": ngettext_lazy("is never to be repeated", "are never to be repeated", "count"),
}
ELSEWHERE = {
    "asked": gettext_lazy("asked to stop"),
    "retrying": gettext_lazy("queued for another attempt"),
    "stopped": gettext_lazy("cancelled"),
}
ALREADY = "already "
DOING = {"requeue": gettext_lazy("Requeueing"), "cancel": gettext_lazy("Cancelling")}
WHY_NOT = {
    ("requeue", "not_allowed"): gettext_lazy("not in the allowlist any more"),
    ("run_again", "not_allowed"): gettext_lazy("not in the allowlist any more"),
    ("cancel", "not_allowed"): gettext_lazy("asked to stop already"),
    ("cancel", "unanswered"): gettext_lazy("running"),
    ("start_now", "queued"): gettext_lazy("free to start already"),
    ("mark_failed", "progress"): gettext_lazy("held by a live worker"),
}
WAITS = {
    "requeue": gettext_lazy("Requeued %(name)s, but %(why)s."),
    "start_now": gettext_lazy("%(name)s may start now, but %(why)s."),
    "run_again": gettext_lazy("Enqueued again as %(name)s, but %(why)s."),
}


class Asked(NamedTuple):
    title: str
    text: str
    answer: str


def past(verb: str) -> str:
    return str(PAST.get(verb, verb.replace("_", " ")))


def became(action: OperatorAction) -> str:
    """Return what was done, in the past: what the verb is called, unless all that it moved came out another way."""
    others = [] if action.done else [str(words) for name, words in ELSEWHERE.items() if name in action.outcomes]
    return others[0] if others else past(action.verb)


def came_out(verb: str, outcome: str) -> str:
    """Return what became of the rows that came out so."""
    words = past(verb) if outcome == "done" else ELSEWHERE.get(outcome) or why_not(verb, outcome)
    return visible(str(words))


def one(action: OperatorAction, name: str, hindrance: str = "") -> str:
    """Say what was done to one task; ``hindrance`` is what keeps one that waits now from starting."""
    if "asked" in action.outcomes:
        return _("Asked the worker to stop %s.") % name
    if hindrance:
        return WAITS[action.verb] % {"name": name, "why": hindrance}
    if action.verb == "requeue" and conf.get_undo_seconds():
        return _("Requeued %(name)s, starts in %(seconds).0f s.") % {"name": name, "seconds": conf.get_undo_seconds()}
    if action.verb == "start_now":
        return _("%s starts now.") % name
    return _("%(done)s: %(name)s.") % {"done": capfirst(became(action)), "name": name}


def again(name: str, hindrance: str, may_cancel: bool) -> str:
    """Say what a completed task was enqueued as; ``hindrance`` as above."""
    if hindrance:
        return WAITS["run_again"] % {"name": name, "why": hindrance}
    if not conf.get_undo_seconds():
        return _("Enqueued again as %s.") % name
    held = _("Enqueued again as %(name)s, starts in %(seconds).0f s.")
    taken_back = _("Enqueued again as %(name)s, starts in %(seconds).0f s; Cancel takes it back.")
    return (taken_back if may_cancel else held) % {"name": name, "seconds": conf.get_undo_seconds()}


def many(verb: str, outcomes: dict[str, int]) -> str:
    """Say what was done to many tasks, and for each that stayed as it was, why; the numbers add up."""
    total, done, asked = sum(outcomes.values()), outcomes.get("done", 0), outcomes.get("asked", 0)
    left = {reason: count for reason, count in outcomes.items() if reason not in ("done", "asked")}
    rest = [f"{number(count)} {why_not(verb, reason)}" for reason, count in left.items()]
    words = {"verb": past(verb), "done": number(done), "total": number(total)}
    head = _("%(verb)s %(done)s of %(total)s") % words if done or not asked else ""
    asking = _("asked the workers to stop %s") % number(asked) if asked else ""
    sentence = ", ".join(part for part in (head, asking) if part)
    tail = f": {', '.join(rest)}" if rest else ""
    return f"{capfirst(sentence)}{tail}."


def why_not(verb: str, reason: str) -> str:
    if reason.startswith(ALREADY):
        who = reason.removeprefix(ALREADY) or _("application code")
        return _("already %(done)s by %(who)s") % {"done": past(verb), "who": who}
    return str(WHY_NOT.get((verb, reason)) or REFUSED.get(reason) or reason)


def left_alone(verb: str, why: str, count: int) -> str:
    known = LEFT_ALONE.get(why)
    return _("%(are)s and will be left alone") % {"are": known % {"count": count} if known else why_not(verb, why)}


def what_became(verb: str, name: str, count: int) -> str:
    if name.startswith(ALREADY):
        return done_by(verb, name.removeprefix(ALREADY), count)
    return changed(count) if name in ("changed", "gone") else left_alone(verb, name, count)


def done_by(verb: str, who: str, count: int) -> str:
    said = ngettext("was already %(done)s by %(who)s", "were already %(done)s by %(who)s", count)
    return said % {"done": past(verb), "who": visible(who) or _("application code")}


def changed(count: int) -> str:
    return ngettext("changed or was removed since it was shown", "changed or were removed since they were shown", count)


def going_on(verb: str) -> str:
    """Return what somebody has begun, as it follows their name."""
    return _("is %s") % str(DOING[verb]).lower()


def started(verb: str, expected: int | None) -> str:
    """Say that workers will do the rest."""
    return _("%(doing)s %(count)s; the workers do it, batch by batch.") % {
        "doing": DOING[verb],
        "count": tasks(expected),
    }


def tasks(count: int | None) -> str:
    return _("all tasks that match") if count is None else ngettext("%s task", "%s tasks", count) % number(count)


def refused(verb: str, outcomes: dict[str, int]) -> str:
    """Say why one task stayed as it was."""
    reason = next(iter(outcomes), "gone")
    return _("This task is %s. Nothing done.") % why_not(verb, reason)


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
    who = _("You") if same_person else action.actor or _("Application code")
    said = {"who": who, "done": became(action), "age": coarse(max(age, timedelta(seconds=1)))}
    if said["done"] != past(action.verb):
        return _("%(who)s acted on this %(age)s ago: %(done)s. Nothing done.") % said
    return _("%(who)s %(done)s this %(age)s ago. Nothing done.") % said


def overtaken() -> str:
    return _("This task has changed since it was shown. Nothing done.")


def paused_already(pause: QueuePause, actor: object) -> str:
    """Say who has paused the queue, when and why."""
    same_person = bool(pause.paused_by) and pause.paused_by == identify(actor)["actor"]
    said = {
        "who": _("You") if same_person else visible(pause.paused_by) or _("Application code"),
        "queue": visible(queue_words(pause.queue)),
        "age": coarse(max(timezone.now() - pause.since, timedelta(seconds=1))),
        "reason": visible(pause.reason),
    }
    if pause.reason:
        return _("%(who)s paused %(queue)s %(age)s ago: %(reason)s. Nothing done.") % said
    return _("%(who)s paused %(queue)s %(age)s ago. Nothing done.") % said


def question(verb: str, name: str, answered: bool) -> Asked:
    """Ask about one task; ``answered`` says that its last run ended with an answer."""
    if verb == "cancel":
        text = _("It is running. Its process is ended at once; what it has done so far stays done.")
        return Asked(_("Stop %s?") % name, text, _("Stop task"))
    if verb == "run_again":
        return Asked(_("Run %s again?") % name, why_asked(answered), _("Run again anyway"))
    return Asked(_("Requeue %s?") % name, why_asked(answered), _("Requeue anyway"))


def why_asked(answered: bool) -> str:
    """Say what may come of repeating a task; ``answered`` says that its last run ended with an answer."""
    if answered:
        return _("It has run before, and repeating it may do harm: its effects may happen twice.")
    return _("Its last run ended without an answer and may have taken effect. Running it again may repeat that.")


def worker_command(queue: str) -> str:
    """Return what starts a worker for ``queue`` in a shell, whatever the queue is called."""
    return f"python manage.py task_worker --queues {shlex.quote(visible(queue))}"
