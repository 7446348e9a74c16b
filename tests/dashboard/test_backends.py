"""The backend that asks once what a user may do says what Django's own says."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.backends import OneStatementBackend
from tests.dashboard.people import operator

pytestmark = pytest.mark.django_db


def in_group(user: Any, name: str, *permissions: str) -> Any:
    group = Group.objects.create(name=name)
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    user.groups.add(group)
    return user


def of_several(name: str) -> Any:
    user = in_group(operator(name, "view_task", "add_task"), "desk", "view_task", "cancel_task")
    return in_group(user, "night shift", "cancel_task", "requeue_task")


def inactive(name: str) -> Any:
    user = of_several(name)
    user.is_active = False
    user.save()
    return user


PEOPLE = {
    "nothing": operator,
    "their own": lambda name: operator(name, "view_task", "requeue_task"),
    "of a group": lambda name: in_group(operator(name), "desk", "view_task", "cancel_task"),
    "of both": of_several,
    "inactive": inactive,
    "superuser": lambda name: operator(name, superuser=True),
    "anonymous": lambda name: AnonymousUser(),
}


def read_anew(user: Any) -> Any:
    return User.objects.get(pk=user.pk) if user.pk else AnonymousUser()


@pytest.mark.parametrize("kind", PEOPLE)
def test_it_grants_what_django_grants(kind: str) -> None:
    in_group(operator("somebody else", "export_task"), "others", "export_task")
    user = PEOPLE[kind]("ada")
    ours, theirs = (backend.get_all_permissions(read_anew(user)) for backend in (OneStatementBackend(), ModelBackend()))
    assert ours == theirs
    assert OneStatementBackend().get_all_permissions(read_anew(user), obj=user) == set()


def test_it_asks_once_and_anew_for_each_request() -> None:
    user = of_several("ada")
    with CaptureQueriesContext(connection) as asked:
        first = User.objects.get(pk=user.pk)
        assert first.has_perm("django_simple_queue.requeue_task")
        assert not first.has_perm("django_simple_queue.export_task")
    assert len(asked) == 1 + 1
    user.groups.get(name="night shift").delete()
    assert not User.objects.get(pk=user.pk).has_perm("django_simple_queue.requeue_task")
