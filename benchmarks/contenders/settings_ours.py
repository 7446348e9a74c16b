from __future__ import annotations

import os

from dashboard.project.settings import database

SECRET_KEY = "benchmarks only"
USE_TZ = True
DATABASES = {"default": database(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_simple_queue"]
DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {
    "benchmarks.contenders.ours.noop": {},
    "benchmarks.contenders.ours.nap": {"queue": "default"},
}
