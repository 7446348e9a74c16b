from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

SETTINGS = """
from shop.settings import *

DEBUG = False
SECRET_KEY = "the key of a shop that exists only while this test runs, long enough"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS += ["django_htmx", "django_filters", "django_simple_queue", "dashboard"]
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
MIDDLEWARE.append("django_htmx.middleware.HtmxMiddleware")
ROOT_URLCONF = "shop.addresses"
STATIC_ROOT = BASE_DIR / "collected"
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
DATABASES["default"]["OPTIONS"] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.greet"}
# Transport security is the business of the shop's proxy, and it sends no mail.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016", "mail.E001"]
"""
ADDRESSES = """
from django.urls import include, path
from shop.urls import urlpatterns

urlpatterns = [
    path("ops/", include("dashboard.urls")),
    path("queue/", include("django_simple_queue.urls")),
    *urlpatterns,
]
"""
TASKS = """
def greet(name):
    return f"Hello {name}"
"""


class Shop:
    """`startproject shop` in its own virtual environment, DEBUG off, static files from a manifest."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.python = home / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)

    def install(self, *what: Any) -> None:
        self.run(self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)

    def create(self) -> None:
        self.run(self.python, "-m", "django", "startproject", "shop", self.home)
        for name, text in {"production": SETTINGS, "addresses": ADDRESSES, "tasks": TASKS}.items():
            (self.home / "shop" / f"{name}.py").write_text(text)
        self.manage("migrate", "--verbosity=0")
        self.manage("collectstatic", "--no-input", "--verbosity=0")
        self.manage("createsuperuser", "--no-input", "--username=olga", "--email=", DJANGO_SUPERUSER_PASSWORD="olga")

    def manage(self, *arguments: str, **environment: str) -> str:
        return self.run(self.python, "manage.py", *arguments, **environment)

    def run(self, *command: Any, **environment: str) -> str:
        """The output of a command that must succeed."""
        done = subprocess.run(
            command, cwd=self.home, env=self.environment | environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        ours = ("DJANGO_", "PYTHON", "DATA", "COV")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return clean | {"DJANGO_SETTINGS_MODULE": "shop.production"}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of gunicorn with the shop, while it runs."""
        log = self.home / "server.log"
        command = [self.python, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--log-file", log, "shop.wsgi"]
        server = subprocess.Popen(command, cwd=self.home, env=self.environment)
        try:
            yield wait_until(lambda: address_in(log), 30, "gunicorn listens")
        finally:
            server.terminate()
            server.wait(30)


def address_in(log: Path) -> str | None:
    found = re.search(r"Listening at: (http://\S+)", log.read_text()) if log.exists() else None
    return found and found.group(1)
