"""System checks of the console: what the host project must have installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from django_simple_queue import conf

APPS = {
    "django.contrib.auth": "operators sign in with its users",
    "django.contrib.messages": "outcomes are told through it",
    "django.contrib.sessions": "operators stay signed in through it",
    "django_filters": "it reads the filters",
    "django_htmx": "it brings the script of the live pages",
    "django_simple_queue": "the console shows its tasks",
}
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)


@register("simple_queue_dashboard")
def check_apps(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001: an app is missing that the console needs."""
    return [
        Error(f"The dashboard needs {name!r}: {why}.", hint=f"Add {name!r} to INSTALLED_APPS.", id=ID.format("E001"))
        for name, why in APPS.items()
        if not apps.is_installed(name)
    ]


@register("simple_queue_dashboard")
def check_middleware(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E002: a middleware is missing that the console needs."""
    return [
        Error(f"The dashboard needs the middleware {path!r}.", hint="Add it to MIDDLEWARE.", id=ID.format("E002"))
        for path in MIDDLEWARE
        if not is_there(path)
    ]


def is_there(path: str) -> bool:
    """Tell whether the middleware at ``path``, or the host's own kind of it, is in use."""
    return path in settings.MIDDLEWARE or any(map(is_kind_of(import_string(path)), settings.MIDDLEWARE))


def is_kind_of(middleware: type) -> Callable[[str], bool]:
    def check(path: str) -> bool:
        found = import_string(path)
        return isinstance(found, type) and issubclass(found, middleware)

    return check


@register("simple_queue_dashboard")
def check_links(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E004: a function of DASHBOARD_LINKS cannot be imported or called."""
    try:
        paths = conf.get_dashboard_links()
    except conf.BadSettingError:
        return []
    problems = {path: problem for path in paths if (problem := why_not_callable(path))}
    return [
        Error(
            f"{conf.PREFIX}DASHBOARD_LINKS names {path!r:.200}: {problem}",
            hint="Name a function that takes a task and returns (label, url), a list of those, or None.",
            id=ID.format("E004"),
        )
        for path, problem in problems.items()
    ]


@register("simple_queue_dashboard")
def check_time_zones(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E005: USE_TZ is off, and the console tells every time in the zone of who looks."""
    if settings.USE_TZ:
        return []
    said = "The dashboard needs USE_TZ: it tells each operator the time in a zone of their own."
    return [Error(said, hint="Set USE_TZ = True, or take the dashboard out of INSTALLED_APPS.", id=ID.format("E005"))]


def why_not_callable(path: str) -> str:
    try:
        return "" if callable(import_string(path)) else "it is not callable."
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


ID = "simple_queue_dashboard.{}"
