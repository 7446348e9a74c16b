from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "dashboard.project"
    label = "simple_queue_project"
    verbose_name = "Simple queue project"
