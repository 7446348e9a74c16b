"""System checks. Errors are what no worker can run with; what can wait until after a deploy is a warning."""

from __future__ import annotations

from django_simple_queue.checks.console import check_console
from django_simple_queue.checks.database import check_database, check_database_version
from django_simple_queue.checks.settings import check_settings, check_tasks_can_be_imported

__all__ = ["check_console", "check_database", "check_database_version", "check_settings", "check_tasks_can_be_imported"]
