"""Users for tests of the core."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import Permission, User


def a_user(*permissions, **columns):
    user = User.objects.create_user(f"user-{uuid4()}", **{"is_staff": True, **columns})
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user
