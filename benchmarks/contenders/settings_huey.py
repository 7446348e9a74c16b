from __future__ import annotations

import os

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

INSTALLED_APPS = [*APPS, "huey.contrib.djhuey", "benchmarks.contenders.huey_app"]
REDIS = os.environ.get("BENCH_REDIS", "")
STORAGE = {"url": REDIS} if REDIS else {"filename": f"{DATABASES['default']['NAME']}.huey"}
PACE = {"initial_delay": 0.01, "max_delay": 0.02} if EAGER else {}
HUEY = {
    "huey_class": "huey.RedisHuey" if REDIS else "huey.SqliteHuey",
    "immediate": False,
    "consumer": {"workers": PROCESSES, "worker_type": "process", **PACE},
    **({"url": REDIS} if REDIS else STORAGE),
}
