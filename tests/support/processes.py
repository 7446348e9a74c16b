"""Real processes of the project that work on the database of the running test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.support.databases import address

ROOT = Path(__file__).resolve().parents[2]


def environment(overrides: dict[str, Any] | None = None, **extra: str) -> dict[str, str]:
    """The environment that leads a process to the test's database; the test must commit what it wants seen.

    `overrides` are Django settings of that process, such as {"DJANGO_SIMPLE_QUEUE_LEASE_SECONDS": 3}.
    """
    chosen = {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "tests.settings"),
        "TEST_DATABASE_URL": address(connection.settings_dict),
        "TEST_SETTINGS": json.dumps(overrides or {}),
        "DATA_DIR": str(settings.DATA_DIR),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/projects'}",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **chosen, **extra}


def start_manage(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """`manage.py <arguments>` as a process in a session of its own, its output readable as text."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.Popen(command, env=env or environment(), cwd=ROOT, text=True, start_new_session=True, **options)
