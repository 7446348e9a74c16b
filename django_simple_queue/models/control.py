"""Pausing and resuming queues and workers, draining workers: each with its audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from django_simple_queue import wake
from django_simple_queue.arguments import as_instant
from django_simple_queue.models.audit import OperatorAction, identify
from django_simple_queue.models.primary import alias
from django_simple_queue.models.queue import QueuePause, QueuePauseQuerySet
from django_simple_queue.models.worker import Worker

REASON_LENGTH = 200
State = Worker.State
WORKER_MOVES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = MappingProxyType(
    {
        "pause_worker": ((State.RUNNING,), State.PAUSED),
        "resume_worker": ((State.PAUSED,), State.RUNNING),
        "drain_worker": ((State.RUNNING, State.PAUSED), State.DRAINING),
    }
)


class NotPossible(ValueError):
    """The sentence says why nothing was done."""


class PausedAlready(ValueError):
    """Another ``pause`` stands than the one that was seen."""

    def __init__(self, pause: QueuePause) -> None:
        words = {"queue": sentence(queue_words(pause.queue)), "name": pause.paused_by or _("application code")}
        super().__init__(_("%(queue)s is paused by %(name)s. Nothing done.") % words)
        self.pause = pause


def pause_queue(
    queue: str,
    reason: str = "",
    actor: object = None,
    *,
    until: datetime | timedelta | None = None,
    seen: str | None = None,
) -> OperatorAction:
    """Let no worker claim from ``queue`` (``QueuePause.ALL``: from any) from now on; what runs goes on.

    ``until`` is a time as ``run_after`` of a task may be, None: until somebody resumes it. ``actor`` is a user or a
    name, who must give a reason, or None for code. Of a queue that is paused already, the reason and the end change,
    unless ``seen`` (the ``version`` of a pause, "" for none) says that it is another pause that is to be replaced: then
    PausedAlready is raised.

    Raises ValueError for an empty or too long name or reason, and for an end that has passed or is no time of a
    calendar or of a known zone; nothing is done then.
    """
    columns = {"reason": checked_reason(reason, actor), "until": checked_end(until), **by("paused_by", actor)}
    name = checked_queue(queue)
    with transaction.atomic(using=alias()):
        pauses = forget_ended(name)
        standing, is_new = pauses.select_for_update().get_or_create(queue=name, defaults=columns)
        if not is_new:
            require_seen(standing, seen)
            pauses.filter(pk=name).update(**columns)
        return written("pause_queue", queue_words(name), {"queue": name}, actor, reason)


def resume_queue(queue: str, actor: object = None, *, seen: str | None = None) -> OperatorAction:
    """Let workers claim from ``queue`` again. Raises NotPossible when it is not paused.

    With ``seen``, the ``version`` of the pause that is to be lifted, PausedAlready when another one stands.
    """
    with transaction.atomic(using=alias()):
        standing = forget_ended(queue).select_for_update().filter(pk=queue).first()
        if standing:
            require_seen(standing, seen)
            standing.delete()
            wake.workers(alias(), "" if queue == QueuePause.ALL else queue)
            return written("resume_queue", queue_words(queue), {"queue": queue}, actor)
    raise NotPossible(_("%(queue)s is not paused. Nothing done.") % {"queue": sentence(queue_words(queue))})


def forget_ended(queue: str) -> QueuePauseQuerySet:
    """Delete the pause of ``queue`` if it has ended, and return all others; a write, with which SQLite must begin."""
    pauses = QueuePause.objects.using(alias())
    pauses.filter(pk=queue).filter(~Q(pk__in=pauses.current())).delete()
    return pauses


def require_seen(standing: QueuePause, seen: str | None) -> None:
    if seen is not None and seen != standing.version:
        raise PausedAlready(standing)


def pause_worker(worker: UUID, reason: str = "", actor: object = None) -> OperatorAction:
    """Let this boot of a worker claim nothing more until it is resumed; what it runs goes on, its lease holds.

    ``actor`` is a user or a name, who must give a reason, or None for code. Raises NotPossible for a worker that is
    not running, ValueError for a reason that is missing or too long.
    """
    return move_worker("pause_worker", worker, checked_reason(reason, actor), actor)


def resume_worker(worker: UUID, actor: object = None) -> OperatorAction:
    """Let a paused worker claim again. Raises NotPossible for one that is not paused."""
    return move_worker("resume_worker", worker, "", actor)


def drain_worker(worker: UUID, reason: str = "", actor: object = None) -> OperatorAction:
    """Let this boot of a worker finish what it runs and leave with exit code 0; that cannot be taken back.

    Raises NotPossible for a worker that is neither running nor paused, ValueError as ``pause_worker`` does.
    """
    return move_worker("drain_worker", worker, checked_reason(reason, actor), actor)


def move_worker(verb: str, pk: UUID, reason: str, actor: object) -> OperatorAction:
    sources, target = WORKER_MOVES[verb]
    columns = {"state": target, "state_since": Now(), "state_reason": reason, **by("state_by", actor)}
    with transaction.atomic(using=alias()):
        row = Worker.objects.using(alias()).filter(pk=pk)
        moved = row.at_work().filter(state__in=sources).update(**columns)
        worker = row.first()
        if moved and worker is not None:
            if target == State.RUNNING:
                wake.workers(alias())
            return written(verb, str(worker), {"worker": str(pk)}, actor, reason)
    raise NotPossible(why_not(verb, pk, worker))


def why_not(verb: str, pk: UUID, worker: Worker | None) -> str:
    if worker is None:
        return _("There is no worker %(pk)s. Nothing done.") % {"pk": pk}
    if worker.state in Worker.LIVE_STATES and worker.lease_until <= timezone.now():
        return _("%(worker)s does not answer: its lease has ended. Nothing done.") % {"worker": worker}
    if not worker.slots:
        alone = _("%(worker)s is a run of execute_task(), which claims nothing. Nothing done.")
        return alone % {"worker": worker}
    who = _(" by %(name)s") % {"name": worker.state_by} if worker.state_by else ""
    words = {"worker": worker, "state": worker.get_state_display().lower(), "who": who}
    return _("%(worker)s is %(state)s%(who)s. Nothing done.") % words


def written(verb: str, scope: str, scope_filter: dict[str, str], actor: object, reason: str = "") -> OperatorAction:
    return OperatorAction.objects.using(alias()).create(
        verb=verb, scope=scope[:500], scope_filter=scope_filter, reason=reason.strip()[:500], **identify(actor)
    )


def checked_reason(reason: str, actor: object) -> str:
    text = reason.strip()
    if actor is not None and not text:
        raise ValueError(_("A reason is needed: others see it beside your name."))
    if len(text) > REASON_LENGTH:
        limits = {"most": REASON_LENGTH, "length": len(text)}
        raise ValueError(_("A reason may have %(most)d characters, not %(length)d.") % limits)
    return text


def checked_end(until: datetime | timedelta | None) -> datetime | None:
    if until is None:
        return None
    moment = as_instant(until, "until")
    if moment <= timezone.now():
        raise ValueError(_("A pause must end in the future, not at %(moment)s.") % {"moment": moment})
    return moment


def checked_queue(queue: str) -> str:
    name = queue.strip()
    longest = QueuePause._meta.get_field("queue").max_length or 0
    if not 0 < len(name) <= longest:
        limits = {"longest": longest, "name": repr(queue[:80])}
        raise ValueError(_("A queue's name has 1 to %(longest)d characters, not %(name)s.") % limits)
    return name


def queue_words(queue: str) -> str:
    return _("all queues") if queue == QueuePause.ALL else _("queue %(name)s") % {"name": queue}


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def by(column: str, actor: object) -> dict[str, str]:
    return {column: identify(actor)["actor"]}
