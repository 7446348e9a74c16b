"""Which workers serve a queue, which of them take its tasks, why none does, and which queues are known at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_simple_queue import conf
from django_simple_queue.models import QueuePause, Worker
from django_simple_queue.redaction import visible

RUNNING = Worker.State.RUNNING


def queues_of(worker: Worker) -> Sequence[str]:
    return [name.strip() for name in worker.queues.split(",") if name.strip()]


def serves(worker: Worker, queue: str) -> bool:
    """Tell whether ``worker``, while it is alive, is there for ``queue``; one without queues is there for all."""
    named = queues_of(worker)
    return not named or queue in named


def takes(worker: Worker, queue: str) -> bool:
    """Tell whether ``worker``, while it is alive, takes tasks of ``queue`` now: it is not paused, nor draining."""
    return worker.state == RUNNING and serves(worker, queue)


@dataclass(frozen=True, slots=True)
class Service:
    """What is done for a queue: the live ``workers`` that serve it, and the ``pause`` that holds it."""

    queue: str
    workers: Sequence[Worker]
    pause: QueuePause | None = None

    @property
    def taking(self) -> int:
        """How many workers take its tasks now."""
        return sum(takes(worker, self.queue) for worker in self.workers)

    @property
    def is_at_a_standstill(self) -> bool:
        """Tell whether nobody takes its tasks although it is not paused."""
        return not (self.taking or self.pause)


def service(queue: str, workers: Iterable[Worker], pauses: Sequence[QueuePause] = ()) -> Service:
    return Service(queue, [worker for worker in workers if serves(worker, queue)], pause_of(queue, pauses))


def known_queues(workers: Iterable[Worker]) -> set[str]:
    """Return the queues that are known without asking the big table: those of the allowlist and of ``workers``."""
    declared = {conf.get_task_options(path).queue for path in conf.get_allowed_tasks() or ()}
    served = {queue for worker in workers for queue in queues_of(worker)}
    return {"default", *declared, *served} - {""}


def pause_of(queue: str, pauses: Sequence[QueuePause]) -> QueuePause | None:
    """Return the pause that holds ``queue``: its own, else that of all queues."""
    return next((pause for name in (queue, QueuePause.ALL) for pause in pauses if pause.queue == name), None)


def standstill(workers: Sequence[Worker]) -> str:
    """Say why nobody takes the tasks of a queue although these ``workers`` serve it, "" when one of them does."""
    if not workers or any(worker.state == RUNNING for worker in workers):
        return ""
    states = ", ".join(sorted({standing(worker) for worker in workers}))
    words = {"worker": visible(str(workers[0])), "count": len(workers), "states": states}
    said = ngettext(
        "its only worker, %(worker)s, is %(states)s", "each of its %(count)s workers is %(states)s", len(workers)
    )
    return said % words


def standing(worker: Worker) -> str:
    """Say how a worker stands still, who made it, and why."""
    state, who, why = worker.get_state_display().lower(), worker.state_by, worker.state_reason.rstrip(".")
    said = {
        (True, True): _("%(state)s by %(who)s (%(why)s)"),
        (True, False): _("%(state)s by %(who)s"),
        (False, True): _("%(state)s (%(why)s)"),
    }.get((bool(who), bool(why)), "%(state)s")
    return visible(said % {"state": state, "who": who, "why": why})


def remedy(workers: Sequence[Worker]) -> str:
    """Say what to do about it; a command that starts a worker follows."""
    if not any(worker.state == Worker.State.PAUSED for worker in workers):
        return _("Start another one with")
    if len(workers) == 1:
        return _("Resume it in Workers, or start another one with")
    return _("Resume a paused one in Workers, or start another one with")
