"""Check of the console's name; it cannot look itself, because where another package has that name it is not there."""

from __future__ import annotations

from django.apps import apps
from django.core.checks import CheckMessage, Warning, register

from django_simple_queue.checks.settings import APP

NAME, LABEL = "dashboard", "simple_queue_dashboard"
BROUGHT_FOR_IT = ("django_filters", "django_htmx")
"""What nobody installs for the queue alone; a project may well have a ``dashboard`` of its own beside that."""


@register(APP)
def check_console(**kwargs: object) -> list[CheckMessage]:
    """Report that INSTALLED_APPS names ``dashboard`` for the console, and another package is found."""
    other = next((app for app in apps.get_app_configs() if app.name == NAME and app.label != LABEL), None)
    if other is None or not all(map(apps.is_installed, BROUGHT_FOR_IT)):
        return []
    return [
        Warning(
            f"INSTALLED_APPS names {NAME!r}, and that is {other.path}, not the console of the queue.",
            hint="Rename your package, and the console can be used; "
            'or use the queue alone and write SILENCED_SYSTEM_CHECKS = ["simple_queue_dashboard.W001"].',
            id=f"{LABEL}.W001",
        )
    ]
