from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DjangoSimpleQueueConfig(AppConfig):
    name = "django_simple_queue"
    verbose_name = _("Simple queue")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("django_simple_queue.checks")
