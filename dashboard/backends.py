"""A backend of Django's ``AUTHENTICATION_BACKENDS`` for a console that many people keep open."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db import connections, router
from django.db.models import Value

SOMEBODY = Value("")


class OneStatementBackend(ModelBackend):
    """Django's own ModelBackend; what a user and their groups may do is asked with one statement instead of two.

    It is asked anew for each request, as ever.
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        is_asked = user_obj.is_active and not user_obj.is_anonymous and not user_obj.is_superuser and obj is None
        if is_asked and not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = granted_to(user_obj)
        return super().get_all_permissions(user_obj, obj)


def granted_to(user: Any) -> set[str]:
    """Return the permissions of a user and of their groups."""
    using = router.db_for_read(Permission, instance=user)
    connection = connections[using]
    key = user._meta.pk.get_db_prep_value(user.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(spelled(using), (key, key))
        return {f"{app}.{codename}" for app, codename in cursor.fetchall()}


@cache
def spelled(using: str) -> str:
    """Return the SQL, compiled once a process: that takes longer than the answer."""
    rows = Permission.objects.order_by().values_list("content_type__app_label", "codename")
    both = rows.filter(user=SOMEBODY).union(rows.filter(group__user=SOMEBODY))
    return str(both.query.get_compiler(using).as_sql()[0])
