from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimpleQueueDashboardConfig(AppConfig):
    name = "dashboard"
    label = "simple_queue_dashboard"
    verbose_name = _("Simple queue dashboard")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("dashboard.checks")
