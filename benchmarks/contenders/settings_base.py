"""What every contender's bare Django project has in common."""

from __future__ import annotations

import os

from dashboard.project.settings import database

SECRET_KEY = "benchmarks only"
USE_TZ = True
DATABASES = {"default": database(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
PROCESSES = int(os.environ.get("BENCH_PROCESSES", "1"))
EAGER = os.environ.get("BENCH_EAGER") == "1"
"""Look again at once when the queue was empty: what an idle second costs is not throughput."""
