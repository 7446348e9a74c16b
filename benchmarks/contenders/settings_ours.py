from __future__ import annotations

from benchmarks.contenders.settings_base import APPS, DATABASES, DEFAULT_AUTO_FIELD, SECRET_KEY, USE_TZ

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "SECRET_KEY", "USE_TZ"]

INSTALLED_APPS = [*APPS, "django_simple_queue"]
DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {
    "benchmarks.contenders.ours.noop": {},
    "benchmarks.contenders.ours.nap": {},
}
