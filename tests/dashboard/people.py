"""Operators for tests of the console."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client


def operator(name: str, *permissions: str, superuser: bool = False, staff: bool = True) -> Any:
    """Make a user with these permissions, by codename."""
    user = User.objects.create_user(name, password=name, is_staff=staff, is_superuser=superuser)
    held = Permission.objects.filter(codename__in=permissions)
    assert held.count() == len(permissions), f"unknown among {permissions}"
    user.user_permissions.set(held)
    return user


def signed_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client
