from __future__ import annotations

from importlib.util import find_spec

from benchmarks.contenders.settings_base import APPS, DATABASES, DEFAULT_AUTO_FIELD, SECRET_KEY, USE_TZ

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "SECRET_KEY", "USE_TZ"]

BACKPORT = [] if find_spec("django.tasks") else ["django_tasks"]
INSTALLED_APPS = [*APPS, *BACKPORT, "django_tasks_db"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
