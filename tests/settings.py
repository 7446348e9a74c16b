from __future__ import annotations

import json
import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests only")
os.environ.setdefault("DATA_DIR", os.path.join(tempfile.gettempdir(), "simple-queue-tests"))

from dashboard.project.settings import *  # noqa: F403
from tests.support.databases import chosen_database

DATABASES = {"default": chosen_database()}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None

globals().update(json.loads(os.environ.get("TEST_SETTINGS", "{}")))
