"""What an Undo says: how many tasks are as before, what has become of the others, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from dashboard.formats import number
from dashboard.wording import past, tasks
from django_simple_queue.models.audit.undoing import SINCE
from django_simple_queue.redaction import visible

UNDONE = {
    "restored": ngettext_lazy("as before", "as before", "count"),
    "started": ngettext_lazy("had already started", "had already started", "count"),
    "changed": ngettext_lazy("was changed since", "were changed since", "count"),
    "gone": ngettext_lazy("was removed since", "were removed since", "count"),
}


def undone(restored: int, outcomes: Mapping[str, int], name: str = "") -> str:
    """Say how much of an action was taken back; ``name`` is what it was when it was one task."""
    if rest := what_stays(outcomes):
        return _("Undone %(count)s; %(rest)s.") % {"count": number(restored), "rest": rest}
    one_of = {"scope": name or tasks(restored), "total": restored}
    return ngettext("Undone: %(scope)s is as before.", "Undone: %(total)s tasks are as before.", restored) % one_of


def too_late(outcomes: Mapping[str, int]) -> str:
    """Say why nothing of an action over many was taken back."""
    return _("Too late to undo: %s. Nothing done.") % what_stays(outcomes)


def what_stays(outcomes: Mapping[str, int]) -> str:
    left = {name: count for name, count in outcomes.items() if name != "restored"}
    return outcome_words(dict(sorted(left.items(), key=lambda each: not is_named(each[0]))))


def is_named(outcome: str) -> bool:
    """Tell whether it is known who has done what."""
    return outcome.startswith(SINCE)


def deed_of(outcome: str) -> tuple[str, str]:
    """Return the verb, and who it was, of an outcome that is named."""
    verb, _space, who = outcome.removeprefix(SINCE).partition(" ")
    return verb, who


def as_told(outcomes: Mapping[str, int], reader: str) -> Mapping[str, int]:
    """Return the outcomes as the ``reader`` is told them: what they did themselves they know."""
    deeds = {name: deed_of(name) for name in outcomes if is_named(name)}
    own = {name: f"{SINCE}{verb} {_('you')}" for name, (verb, who) in deeds.items() if who == reader}
    return {own.get(name, name): count for name, count in outcomes.items()}


def moved_by(verb: str, who: str, count: int) -> str:
    said = ngettext("was %(done)s by %(who)s since", "were %(done)s by %(who)s since", count)
    return said % {"done": past(verb), "who": visible(who) or _("application code")}


def not_undone(when: datetime | None, who: str, count: int = 1) -> str:
    """Say why nothing of ``count`` tasks was taken back: somebody did ``when`` it was, or nobody can."""
    if when:
        return _("Undone already by %s. Nothing done.") % (who or _("somebody"))
    return ngettext(
        "Too late to undo: it has started, or was changed since. Nothing done.",
        "Too late to undo: they have started, or were changed since. Nothing done.",
        count,
    )


def outcome_words(outcomes: Mapping[str, int]) -> str:
    """Say what became of tasks that were to be put back."""
    return ", ".join(f"{number(count)} {put_back(name, count)}" for name, count in outcomes.items())


def put_back(outcome: str, count: int) -> str:
    if is_named(outcome):
        return moved_by(*deed_of(outcome), count)
    return str(UNDONE[outcome] % {"count": count})


def undoing(count: int) -> str:
    return _("Undoing %s; the workers do it, batch by batch.") % tasks(count)
