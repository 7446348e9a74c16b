"""A claimed task on its way through this worker, and how it can end."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django_simple_queue import conf
from django_simple_queue.engine.store import Claimed, Ending, Key
from django_simple_queue.engine.traces import Shown
from django_simple_queue.engine.ward import FENCE, GUARD_LOST, MEMORY, TIMEOUT
from django_simple_queue.models import Attempt
from django_simple_queue.outcomes import TaskTimeout
from django_simple_queue.reporting import Progress
from django_simple_queue.running import Unfit, plain_failure
from django_simple_queue.verdict import told_of_cap

SOFT_TIMEOUT = f"{TaskTimeout.__module__}.{TaskTimeout.__qualname__}"


@dataclass(frozen=True, slots=True)
class Doom:
    """Why a run was ended from outside; ``verb`` is what its row gets, "" when the row is not ours any more."""

    verb: str
    outcome: str = ""
    error: str = ""
    error_class: str = ""


NOT_OURS = Doom("")
CANCELLED = Doom("fail", Attempt.Outcome.CANCELLED, "Cancelled while it was running.", "TaskCancelled")
STOPPED = Doom("interrupt", Attempt.Outcome.INTERRUPTED, "The worker was stopped while the task ran.", "WorkerStopped")
FENCED = Doom(
    "interrupt",
    Attempt.Outcome.INTERRUPTED,
    "The worker could not renew its lease and ended the task, so that no other run overlaps with it.",
    "LeaseExpired",
)


UNGUARDED = Doom(
    "interrupt",
    Attempt.Outcome.INTERRUPTED,
    "The worker's guard process was gone, so the task was ended.",
    "GuardLost",
)


def timed_out(seconds: float) -> Doom:
    return Doom("fail", Attempt.Outcome.TIMED_OUT, f"Task timed out after {seconds:g} seconds", "TaskTimedOut")


def crashed(exit_code: int) -> Doom:
    """Return the ending of a run whose process left by itself; a negative code is the signal that killed it."""
    error = f"Worker subprocess exited with code {exit_code}"
    if exit_code < 0:
        error += f" (killed by {signal_name(-exit_code)})"
    return Doom("fail", Attempt.Outcome.CRASHED, error, "WorkerCrashed")


def grown_too_big() -> Doom:
    error = (
        f"The task's process had more than twice the {conf.get_max_child_memory_mb()} MB of "
        "DJANGO_SIMPLE_QUEUE_MAX_CHILD_MEMORY_MB and was ended."
    )
    return Doom("fail", Attempt.Outcome.CRASHED, error, "OutOfMemory")


def doom_of(run: Run, exit_code: int, cause: str, serial: int) -> Doom:
    """Return why ``run`` has ended whose child is dead; ``cause`` is the guard's, and for its run ``serial`` only."""
    if run.doom is not None:
        return run.doom
    if cause in (FENCE, GUARD_LOST):
        return FENCED if cause == FENCE else UNGUARDED
    if serial == run.serial and cause == TIMEOUT:
        return timed_out(run.limit)
    if serial == run.serial and cause == MEMORY:
        return grown_too_big()
    return crashed(exit_code)


def signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name}; out of memory?" if name == "SIGKILL" else name


@dataclass(slots=True)
class Run:
    """``serial`` names it between parent and child; ``doom`` is set once we decided to end it.

    ``limit`` are the seconds that it may take, 0: no limit.
    """

    claimed: Claimed
    serial: int
    waiting_since: float
    limit: int = 0
    doom: Doom | None = None

    @property
    def key(self) -> Key:
        return self.claimed.id, self.claimed.epoch

    def packet(self) -> list[Any]:
        claimed = self.claimed
        call = [claimed.task, claimed.args, claimed.positional]
        return ["run", self.serial, self.limit, str(claimed.id), claimed.epoch, *call]

    def ending(self, verb: str, **details: Any) -> Ending:
        claimed = self.claimed
        details["retry"] = details.get("retry", True) and claimed.attempt < claimed.max_attempts
        return Ending(
            id=claimed.id, epoch=claimed.epoch, attempt=claimed.attempt, task=claimed.task, verb=verb, **details
        )

    def reported(self, pid: int, details: list[Any]) -> Ending:
        """Return the ending that a child reported."""
        seconds, output, failure, log, shown = details
        common = {"output": output, "log": log, "worker_pid": pid, "ran_seconds": seconds, "shown": progress_of(shown)}
        if failure is None:
            return self.ending("complete", **common)
        error, error_class, frames, retry, after, asked = failure
        error = told_of_cap(error, asked, self.claimed.attempt, self.claimed.max_attempts)
        said = {"error": error, "error_class": error_class, "frames": frames, "retry": retry, "after": after}
        outcome = Attempt.Outcome.TIMED_OUT if error_class == SOFT_TIMEOUT else Attempt.Outcome.FAILED
        return self.ending("fail", outcome=outcome, **said, **common)

    def unfit(self, error: Exception) -> Ending:
        """Return the ending of a run whose call cannot even be told to a child."""
        sentence = Unfit(f"The stored call cannot be handed to a child: {error}.")
        sentence.__cause__ = error
        said = plain_failure(sentence)
        details = {"error": said.error, "error_class": said.error_class, "frames": said.frames, "retry": False}
        return self.ending("fail", outcome=Attempt.Outcome.FAILED, ran_seconds=0.0, **details)

    def doomed(self, doom: Doom, pid: int, seconds: float, left: Shown) -> Ending:
        """Return the ending of a run that cannot report any more, with what it ``left``."""
        return self.ending(
            doom.verb,
            outcome=doom.outcome,
            error=doom.error,
            error_class=doom.error_class,
            output=left.output,
            log=left.log,
            shown=left.progress,
            worker_pid=pid,
            ran_seconds=seconds,
        )


def progress_of(said: Sequence[Any] | None) -> Progress | None:
    return None if said is None else Progress(*said)
