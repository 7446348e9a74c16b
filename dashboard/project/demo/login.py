"""The demo's operator: a user with a random password that is kept beside the demo's data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import connection

NAME = "demo"


def refuse_foreign_database() -> None:
    """Raise CommandError when the database belongs to somebody else: it has users, but not the demo's."""
    users = User.objects.all()
    has_users = User._meta.db_table in connection.introspection.table_names() and users.exists()
    if has_users and not users.filter(username=NAME).exists():
        raise CommandError("This database has users of its own. The demo wants an empty one: set another DATABASE_URL.")


def ensure_operator(kept_in: Path) -> tuple[str, str]:
    """Return name and password of the demo's operator, who may do everything; made at the first start."""
    operator = User.objects.filter(username=NAME).first()
    password = kept_password(kept_in)
    if operator is None:
        User.objects.create_superuser(NAME, "demo@example.com", password)
    elif not operator.check_password(password):
        operator.set_password(password)
        operator.save(update_fields=["password"])
    return NAME, password


def kept_password(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not path.read_text().strip():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(9))
    return path.read_text().strip()
