"""The runnable project, with whatever was filled in allowed; its pages are measured as they are served."""

from __future__ import annotations

from dashboard.project.settings import *  # noqa: F403

SECRET_KEY = "benchmarks only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
SECURE_SSL_REDIRECT = False
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {
    "benchmarks.contenders.ours.noop": {},
    "benchmarks.contenders.ours.nap": {},
    **{f"benchmarks.past.task_{number}": {} for number in range(20)},
}
