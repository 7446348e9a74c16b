from __future__ import annotations

from benchmarks.contenders.settings_base import APPS, DATABASES, DEFAULT_AUTO_FIELD, SECRET_KEY, USE_TZ

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "SECRET_KEY", "USE_TZ"]

INSTALLED_APPS = [*APPS, "procrastinate.contrib.django"]
PROCRASTINATE_IMPORT_PATHS = ["benchmarks.contenders.procrastinate"]
