"""The only reader of the ``DJANGO_SIMPLE_QUEUE_*`` settings: a small function for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from django_simple_queue import shapes
from django_simple_queue.text import UNSTORABLE

PREFIX = "DJANGO_SIMPLE_QUEUE_"
Backoff = Callable[[int], float] | Iterable[float] | None


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What ALLOWED_TASKS says of one task; None means: the setting of that name, or the model's default."""

    timeout: int | None = None
    soft_timeout: float | None = None
    max_attempts: int | None = None
    backoff: Backoff = None
    retry_on: tuple[type | str, ...] = field(default=())
    queue: str = "default"
    priority: int = 0
    title: str = ""
    secret_args: tuple[str, ...] = field(default=())
    rerun: str = ""
    permission: str = ""
    coerce: bool = False
    runbook: str = ""


NO_OPTIONS = TaskOptions()
OPTION_NAMES = frozenset(option.name for option in fields(TaskOptions))


class BadSettingError(ImproperlyConfigured):
    """A setting has a value that it cannot have; ``wanted`` says what it must be."""

    def __init__(self, name: str, value: object, wanted: str) -> None:
        super().__init__(f"{PREFIX}{name} is {value!r:.200}; it must be {wanted}.")
        self.problem = f"{PREFIX}{name} is {value!r:.200}."
        self.wanted = wanted


def get_setting(name: str, default: Any) -> Any:
    return getattr(settings, PREFIX + name, default)


def get_whole_number(name: str, default: int, lowest: int, highest: int, otherwise: str = "") -> int:
    value = get_setting(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise BadSettingError(name, value, f"a whole number from {lowest} to {highest}{otherwise}")
    return value


def get_seconds(name: str, default: float, lowest: float = 0) -> float:
    value = get_setting(name, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= shapes.MOST_SECONDS:
        raise BadSettingError(name, value, f"a number of seconds from {lowest} to {shapes.MOST_SECONDS}")
    return float(value)


def get_allowed_tasks() -> set[str] | None:
    """Return the dotted paths that may run, or None when ALLOWED_TASKS is not set (then everything may)."""
    allowed = get_setting("ALLOWED_TASKS", None)
    if allowed is None:
        return None
    if isinstance(allowed, Collection) and not isinstance(allowed, str | bytes):
        with suppress(TypeError):
            return set(allowed)
    raise BadSettingError("ALLOWED_TASKS", allowed, shapes.ALLOWED_TASKS_SHAPE)


def is_task_allowed(task_path: str) -> bool:
    """Tell whether ``task_path`` may run."""
    allowed = get_setting("ALLOWED_TASKS", None)
    if isinstance(allowed, Set | Mapping):
        return task_path in allowed
    allowed = get_allowed_tasks()
    return allowed is None or task_path in allowed


def get_task_options(task_path: str) -> TaskOptions:
    """Return the options of ``task_path``; the defaults when ALLOWED_TASKS is not a mapping.

    Raises ImproperlyConfigured for an option that does not exist.
    """
    allowed = get_setting("ALLOWED_TASKS", None)
    options = (allowed.get(task_path) or {}) if isinstance(allowed, Mapping) else {}
    if not options:
        return NO_OPTIONS
    unknown = set(options) - OPTION_NAMES
    if unknown:
        raise ImproperlyConfigured(
            f"{PREFIX}ALLOWED_TASKS[{task_path!r}] has unknown options {sorted(unknown)}; "
            f"known are {sorted(OPTION_NAMES)}."
        )
    named = {name: tuple(options.get(name) or ()) for name in ("secret_args", "retry_on")}
    return TaskOptions(**{**options, **named})


def get_task_timeout() -> int | None:
    """Return the hard time limit of a run in seconds; None when it is off (TASK_TIMEOUT None, 0 or negative)."""
    timeout = get_setting("TASK_TIMEOUT", 3600)
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int) or timeout > shapes.MOST_SECONDS:
        wanted = f"a whole number of seconds up to {shapes.MOST_SECONDS}, or None for no limit"
        raise BadSettingError("TASK_TIMEOUT", timeout, wanted)
    return timeout if timeout > 0 else None


def get_soft_timeout() -> float:
    """Return how many seconds before its time limit TaskTimeout is raised inside a run; 0: it is just killed."""
    return get_seconds("SOFT_TIMEOUT", 0)


def get_max_output_size() -> int:
    """Return the most bytes of output that are kept of a run."""
    return get_whole_number("MAX_OUTPUT_SIZE", 10 * shapes.MEBIBYTE, 1, shapes.MOST_OUTPUT)


def get_max_args_size() -> int:
    """Return the most bytes that the arguments of one task may have as JSON."""
    return get_whole_number("MAX_ARGS_SIZE", shapes.MEBIBYTE, 1, shapes.MOST_ARGS)


def get_max_log_size() -> int:
    """Return the most bytes of captured stdout, stderr and logging that are kept of a run."""
    return get_whole_number("MAX_LOG_SIZE", shapes.MEBIBYTE, 1, shapes.MOST_LOG)


def get_max_attempts() -> int:
    """Return how often a task is tried before it counts as failed (1: never twice by itself)."""
    return get_whole_number("MAX_ATTEMPTS", 1, 1, shapes.MOST_ATTEMPTS)


def get_backoff() -> Backoff:
    """Return how long tasks wait between attempts when nothing else says it; None: exponentially, with jitter."""
    backoff = get_setting("BACKOFF", None)
    if not shapes.is_backoff(backoff):
        raise BadSettingError("BACKOFF", backoff, shapes.BACKOFF_SHAPE)
    return cast(Backoff, backoff)


def get_lease_seconds() -> float:
    """Return after how many seconds without a heartbeat a worker counts as lost."""
    return get_seconds("LEASE_SECONDS", 30, lowest=1)


def get_shutdown_grace() -> float:
    """Return how many seconds a stopping worker lets its running tasks finish."""
    return get_seconds("SHUTDOWN_GRACE", 25)


def get_max_tasks_per_child() -> int:
    """Return how many tasks one child process runs before a fresh one takes its place."""
    return get_whole_number("MAX_TASKS_PER_CHILD", 500, 1, shapes.MOST_TASKS)


def get_max_child_memory_mb() -> int | None:
    """Return the megabytes of memory at which a child process is replaced; None (also 0) when there is no limit."""
    if get_setting("MAX_CHILD_MEMORY_MB", None) in (None, 0):
        return None
    return get_whole_number("MAX_CHILD_MEMORY_MB", 0, *shapes.MEMORY_MB, otherwise=", or None for no limit")


def get_undo_seconds() -> float:
    """Return how long a requeue from the console is held, so that Undo is real."""
    return get_seconds("UNDO_SECONDS", 5)


def get_retention() -> Mapping[str, int | None]:
    """Return the days to keep ended tasks by status name ("completed", "failed", "cancelled"); None keeps for ever."""
    retention = get_setting("RETENTION", {})
    if not isinstance(retention, Mapping) or not all(map(shapes.keeps, retention.items())):
        raise BadSettingError("RETENTION", retention, shapes.RETENTION_SHAPE)
    return retention


def get_release() -> str:
    """Return the name of the running release of the host project, "" when it has none."""
    release = get_setting("RELEASE", "")
    if not isinstance(release, str) or len(release) > 100 or UNSTORABLE.search(release):
        raise BadSettingError("RELEASE", release, "text of at most 100 ordinary characters")
    return release


def get_environment() -> str:
    """Return the name of the environment that this project runs in, such as "production"; "" when it has none."""
    environment = get_setting("ENVIRONMENT", "")
    if not isinstance(environment, str) or len(environment) > 30:
        raise BadSettingError("ENVIRONMENT", environment, "text of at most 30 characters")
    return environment


def get_admin_summary() -> bool:
    """Tell whether the index of Django's admin shows a few numbers of the queue."""
    shown = get_setting("ADMIN_SUMMARY", True)
    if not isinstance(shown, bool):
        raise BadSettingError("ADMIN_SUMMARY", shown, "True or False")
    return shown


def is_status_public() -> bool:
    """Tell whether the status page answers anybody who knows a task's id."""
    public = get_setting("PUBLIC_STATUS", False)
    if not isinstance(public, bool):
        raise BadSettingError("PUBLIC_STATUS", public, "True or False")
    return public


def get_dashboard_links() -> Sequence[str]:
    """Return the dotted paths of the callables that give a task's page links of the host project."""
    paths = get_setting("DASHBOARD_LINKS", [])
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) and "." in path for path in paths):
        raise BadSettingError("DASHBOARD_LINKS", paths, shapes.DASHBOARD_LINKS_SHAPE)
    return paths


READERS: Mapping[str, Callable[[], object]] = {
    "ALLOWED_TASKS": get_allowed_tasks,
    "TASK_TIMEOUT": get_task_timeout,
    "SOFT_TIMEOUT": get_soft_timeout,
    "MAX_OUTPUT_SIZE": get_max_output_size,
    "MAX_ARGS_SIZE": get_max_args_size,
    "MAX_LOG_SIZE": get_max_log_size,
    "MAX_ATTEMPTS": get_max_attempts,
    "BACKOFF": get_backoff,
    "LEASE_SECONDS": get_lease_seconds,
    "SHUTDOWN_GRACE": get_shutdown_grace,
    "MAX_TASKS_PER_CHILD": get_max_tasks_per_child,
    "MAX_CHILD_MEMORY_MB": get_max_child_memory_mb,
    "UNDO_SECONDS": get_undo_seconds,
    "RETENTION": get_retention,
    "RELEASE": get_release,
    "ENVIRONMENT": get_environment,
    "ADMIN_SUMMARY": get_admin_summary,
    "PUBLIC_STATUS": is_status_public,
    "DASHBOARD_LINKS": get_dashboard_links,
}
