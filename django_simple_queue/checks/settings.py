"""Checks of the ``DJANGO_SIMPLE_QUEUE_*`` settings and of the tasks that they allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from django_simple_queue import arguments, callables, conf, shapes

APP = "django_simple_queue"
SHORT_LEASE = 5
MOST_ALIKE = 0.75
SHARED_NAMES = frozenset(("BACKOFF", "ENVIRONMENT", "RELEASE", "RETENTION"))
"""Projects call settings of their own so."""
NO_SUCH_SETTING = "Remove it; docs/configuration.md lists all settings."
RERUN = ("", "safe", "confirm", "never")
Found = Iterator[CheckMessage]


@register(APP)
def check_settings(**kwargs: object) -> list[CheckMessage]:
    """Report settings that have a wrong value, and choices that an operator should know of."""
    return [*wrong_values(), *unknown_names(), *misspelt_prefixes(), *wrong_tasks(), *risky_values()]


@register(APP)
def check_tasks_can_be_imported(**kwargs: object) -> list[CheckMessage]:
    """Report allowed tasks that lead nowhere: a warning, because the other tasks can still run."""
    return [] if [*wrong_values(), *wrong_tasks()] else [*lost_tasks(sorted(conf.get_allowed_tasks() or ()))]


def wrong_values() -> Found:
    for read in conf.READERS.values():
        try:
            read()
        except conf.BadSettingError as error:
            yield Error(error.problem, hint=f"Set it to {error.wanted}.", id=f"{APP}.E001")


def unknown_names() -> Found:
    for name in dir(settings):
        own = name.removeprefix(conf.PREFIX)
        if name != own and own not in conf.READERS:
            similar = get_close_matches(own, conf.READERS, n=1)
            yield Warning(
                f"{name} is set, but there is no such setting: nothing reads it.",
                hint=f"Did you mean {conf.PREFIX}{similar[0]}?" if similar else NO_SUCH_SETTING,
                id=f"{APP}.W007",
            )


def misspelt_prefixes() -> Found:
    names = {name for name in dir(settings) if not name.startswith(conf.PREFIX)}
    for own in conf.READERS:
        for name in sorted(name for name in names if name.endswith(own) and is_meant(name, own)):
            yield Warning(
                f"{name} is set, but the queue reads only settings that begin with {conf.PREFIX}.",
                hint=f'Did you mean {conf.PREFIX}{own}? If not: SILENCED_SYSTEM_CHECKS = ["{APP}.W008"].',
                id=f"{APP}.W008",
            )


def is_meant(name: str, own: str) -> bool:
    """Tell whether ``name`` seems to be the setting ``own``, which nothing has set, with another prefix or none."""
    prefix = name.removesuffix(own)
    alike = get_close_matches(prefix, [conf.PREFIX], cutoff=MOST_ALIKE) if prefix else own not in SHARED_NAMES
    return bool(alike) and not hasattr(settings, conf.PREFIX + own)


def wrong_tasks() -> Found:
    allowed = conf.get_setting("ALLOWED_TASKS", None)
    if isinstance(allowed, Mapping):
        for path, options in allowed.items():
            yield from wrong_options(path, options)
    if isinstance(allowed, Collection) and not isinstance(allowed, str | bytes):
        for path in allowed:
            yield from wrong_path(path)


def wrong_path(path: object) -> Found:
    parts = path.split(".") if isinstance(path, str) else []
    if len(parts) < 2 or not all(map(str.isidentifier, parts)) or len(str(path)) > arguments.MAX_PATH:
        yield Error(
            f"{conf.PREFIX}ALLOWED_TASKS contains {path!r:.200}, which is not a dotted path.",
            hint=f'Write the module and the function, such as "shop.tasks.send_invoice" '
            f"(at most {arguments.MAX_PATH} characters).",
            id=f"{APP}.E002",
        )


def wrong_options(path: object, options: object) -> Found:
    place = f"{conf.PREFIX}ALLOWED_TASKS[{path!r:.200}]"
    if not isinstance(options, Mapping | None):
        yield option_error(f"{place} is {options!r:.200}.", 'Set it to a mapping of options, such as {"timeout": 60}.')
        return
    for name, value in (options or {}).items():
        if name not in conf.OPTION_NAMES:
            known = ", ".join(sorted(conf.OPTION_NAMES))
            yield option_error(f"{place} has an unknown option {name!r}.", f"Known options are {known}.")
        elif (problem := OPTION_CHECKS[name](value)) is not None:
            yield option_error(f"{place}[{name!r}] is {value!r:.200}.", problem)


def option_error(problem: str, hint: str) -> Error:
    return Error(problem, hint=hint, id=f"{APP}.E003")


def refused_by(check: Callable[[Any], object]) -> Callable[[Any], str | None]:
    """Turn a check of ``create_task`` into one that returns its complaint, None when there is none."""

    def complaint(value: Any) -> str | None:
        try:
            check(value)
        except (TypeError, ValueError) as error:
            return str(error)
        return None

    return complaint


def unless(fits: Callable[[Any], bool], wanted: str) -> Callable[[Any], str | None]:
    return lambda value: None if fits(value) else f"Set it to {wanted}."


def is_names(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(name, str) for name in value)


def is_web_address(value: Any) -> bool:
    return isinstance(value, str) and bool(not value or re.fullmatch(r"https?://[^\s/\\]\S*", value))


def are_exceptions(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(map(is_exception, value))


def is_exception(value: Any) -> bool:
    try:
        return issubclass(callables.exception_at(value) if isinstance(value, str) else value, BaseException)
    except Exception:
        return False


def is_text(value: Any) -> bool:
    return isinstance(value, str)


OPTION_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "timeout": refused_by(arguments.check_timeout),
    "soft_timeout": unless(lambda value: value is None or shapes.is_duration(value), "a number of seconds, or None"),
    "max_attempts": refused_by(lambda value: value is None or arguments.check_range("max_attempts", value)),
    "backoff": unless(shapes.is_backoff, shapes.BACKOFF_SHAPE),
    "retry_on": unless(are_exceptions, 'a list of exception classes or their names such as ["requests.Timeout"]'),
    "queue": refused_by(arguments.check_queue),
    "priority": refused_by(lambda value: arguments.check_range("priority", value)),
    "title": unless(is_text, "text"),
    "secret_args": unless(is_names, 'a list of argument names such as ["password"]'),
    "rerun": unless(lambda value: value in RERUN, '"safe", "confirm" or "never"'),
    "permission": unless(is_text, 'a permission such as "shop.refund_order"'),
    "runbook": unless(is_web_address, 'an address such as "https://wiki.example.com/invoices"'),
    "coerce": unless(lambda value: isinstance(value, bool), "True or False"),
}


def risky_values() -> Found:
    if conf.get_setting("ALLOWED_TASKS", None) is None:
        yield Warning(
            f"{conf.PREFIX}ALLOWED_TASKS is not set: whatever is written into the task table is imported and called.",
            hint='List the tasks that may run, such as {"shop.tasks.send_invoice"}. The console offers only these.',
            id=f"{APP}.W001",
        )
    if conf.get_setting("PUBLIC_STATUS", False) is True:
        yield Warning(
            f"{conf.PREFIX}PUBLIC_STATUS is True: whoever has a task's id sees its arguments, output, error and log.",
            hint="Remove it; staff with the permission to view tasks see the status page without it.",
            id=f"{APP}.W003",
        )
    if isinstance(lease := conf.get_setting("LEASE_SECONDS", 30), int | float) and 1 <= lease < SHORT_LEASE:
        yield Warning(
            f"{conf.PREFIX}LEASE_SECONDS is {lease!r}: a worker that stalls for so long loses its running tasks.",
            hint=f"Set it to {SHORT_LEASE} or more; 30 is the default.",
            id=f"{APP}.W005",
        )
    if not settings.USE_TZ:
        yield Warning(
            "USE_TZ is False: where local time is not UTC, tasks with run_after and retries start at wrong times, "
            "and pauses end at wrong times.",
            hint="Set USE_TZ = True.",
            id=f"{APP}.W006",
        )


def lost_tasks(paths: Iterable[str]) -> Found:
    for path in paths:
        try:
            callables.resolve(path)
        except Exception as error:
            yield Warning(
                f"{conf.PREFIX}ALLOWED_TASKS contains {path!r}, which cannot be called: {describe(error)}",
                hint="Correct the path, or remove it; until then each of its runs fails.",
                id=f"{APP}.W002",
            )


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
