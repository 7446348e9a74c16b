"""The only reader of the ``DJANGO_SIMPLE_QUEUE_*`` settings: a small function for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PREFIX = "DJANGO_SIMPLE_QUEUE_"
Backoff = Callable[[int], float] | Iterable[float] | None


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What ALLOWED_TASKS says of one task; None means: the setting of that name, or the model's default."""

    timeout: int | None = None
    max_attempts: int | None = None
    backoff: Backoff = None
    queue: str = "default"
    priority: int = 0
    title: str = ""
    secret_args: tuple[str, ...] = field(default=())
    rerun: str = ""
    permission: str = ""
    coerce: bool = False


OPTION_NAMES = frozenset(option.name for option in fields(TaskOptions))


def get_setting(name: str, default: Any) -> Any:
    return getattr(settings, PREFIX + name, default)


def get_allowed_tasks() -> set[str] | None:
    """Return the dotted paths that may run, or None when ALLOWED_TASKS is not set (then everything may)."""
    allowed = get_setting("ALLOWED_TASKS", None)
    return None if allowed is None else set(allowed)


def is_task_allowed(task_path: str) -> bool:
    """Tell whether ``task_path`` may run."""
    allowed = get_allowed_tasks()
    return allowed is None or task_path in allowed


def get_task_options(task_path: str) -> TaskOptions:
    """Return the options of ``task_path``; the defaults when ALLOWED_TASKS is not a mapping.

    Raises ImproperlyConfigured for an option that does not exist.
    """
    allowed = get_setting("ALLOWED_TASKS", None)
    options = (allowed.get(task_path) or {}) if isinstance(allowed, Mapping) else {}
    unknown = set(options) - OPTION_NAMES
    if unknown:
        raise ImproperlyConfigured(
            f"{PREFIX}ALLOWED_TASKS[{task_path!r}] has unknown options {sorted(unknown)}; "
            f"known are {sorted(OPTION_NAMES)}."
        )
    return TaskOptions(**{**options, "secret_args": tuple(options.get("secret_args", ()))})


def get_task_timeout() -> int | None:
    """Return the hard time limit of a run in seconds; None when it is off (TASK_TIMEOUT None, 0 or negative)."""
    timeout: int | None = get_setting("TASK_TIMEOUT", 3600)
    return timeout if timeout and timeout > 0 else None


def get_max_output_size() -> int:
    """Return the most bytes of output that are kept of a run."""
    return int(get_setting("MAX_OUTPUT_SIZE", 10 * 1024 * 1024))


def get_max_args_size() -> int:
    """Return the most bytes that the arguments of one task may have as JSON."""
    return int(get_setting("MAX_ARGS_SIZE", 1024 * 1024))


def get_max_log_size() -> int:
    """Return the most bytes of captured stdout, stderr and logging that are kept of a run."""
    return int(get_setting("MAX_LOG_SIZE", 1024 * 1024))


def get_max_attempts() -> int:
    """Return how often a task is tried before it counts as failed (1: never twice by itself)."""
    return int(get_setting("MAX_ATTEMPTS", 1))


def get_lease_seconds() -> float:
    """Return after how many seconds without a heartbeat a worker counts as lost."""
    return float(get_setting("LEASE_SECONDS", 30))


def get_shutdown_grace() -> float:
    """Return how many seconds a stopping worker lets its running tasks finish."""
    return float(get_setting("SHUTDOWN_GRACE", 25))


def get_max_tasks_per_child() -> int:
    """Return how many tasks one child process runs before a fresh one takes its place."""
    return int(get_setting("MAX_TASKS_PER_CHILD", 500))


def get_undo_seconds() -> float:
    """Return how long a requeue from the console is held, so that Undo is real."""
    return float(get_setting("UNDO_SECONDS", 5))


def get_retention() -> Mapping[str, int | None]:
    """Return the days to keep ended tasks by status name ("completed", "failed", "cancelled"); None keeps for ever."""
    retention: Mapping[str, int | None] = get_setting("RETENTION", {})
    return retention


def get_release() -> str:
    """Return the name of the running release of the host project, "" when it has none."""
    return str(get_setting("RELEASE", ""))


def is_status_public() -> bool:
    """Tell whether the status page answers anybody who knows a task's id."""
    return bool(get_setting("PUBLIC_STATUS", False))
