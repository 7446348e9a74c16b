from __future__ import annotations

from benchmarks.contenders.settings_base import (
    APPS,
    DATABASES,
    DEFAULT_AUTO_FIELD,
    EAGER,
    PROCESSES,
    SECRET_KEY,
    USE_TZ,
)

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "SECRET_KEY", "USE_TZ"]

INSTALLED_APPS = [*APPS, "django_q"]
PACE = {"poll": 0.02} if EAGER else {}
Q_CLUSTER = {"orm": "default", "workers": PROCESSES, "save_limit": 0, "timeout": 60, "retry": 120, **PACE}
