"""What happens when two want the same row: how long one waits, and who tries again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import OperationalError, connections
from django.db.models import Model

from django_simple_queue.models import primary
from django_simple_queue.models.complaints import is_deadlock
from django_simple_queue.models.task import Task

TRIES = 5
PATIENCE_SECONDS = 0.25
"""How long a worker, which has a lease to renew, waits for a row that somebody else has locked."""
P = ParamSpec("P")
Answer = TypeVar("Answer")


def still_works(session: object, alias: str) -> bool:
    """Tell whether ``session`` is not broken; Django has replaced one that is when its transaction was left."""
    return connections[alias].connection is session is not None and connections[alias].is_usable()


def wait_at_most(alias: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Let no statement of the current transaction wait for longer than so for a row; else it raises OperationalError.

    PostgreSQL only: MySQL and SQLite know such a limit for a whole connection.
    """
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT SET_CONFIG('lock_timeout', %s, TRUE)", [f"{seconds * 1000:.0f}ms"])


def lock_what_is_free(pks: Iterable[UUID], alias: str) -> tuple[set[UUID], set[UUID]]:
    """Return the tasks that are ours until the end of the current transaction, and those that another one has locked.

    What is in neither is gone. Where rows cannot be locked all are ours.
    """
    wanted = set(pks)
    if not connections[alias].features.has_select_for_update_skip_locked:
        return wanted, set()
    rows = Task.objects.using(alias).filter(pk__in=wanted)
    free = set(rows.select_for_update(skip_locked=True, no_key=no_key(alias)).values_list("pk", flat=True))
    return free, set(rows.filter(pk__in=wanted - free).values_list("pk", flat=True)) if free != wanted else set()


def one_at_a_time(actor: object, alias: str) -> None:
    """Have other transactions of the same user wait here until the current one has ended.

    Not where rows cannot be locked, nor for users of another database, or who are a name only.
    """
    if not connections[alias].features.has_select_for_update:
        return
    if isinstance(actor, Model) and actor._state.db == alias:
        users = actor._meta.model._base_manager.using(alias).filter(pk=actor.pk)
        users.select_for_update(no_key=no_key(alias)).values_list("pk").first()


def no_key(alias: str) -> bool:
    """Tell whether a lock for an UPDATE can leave alone who refers to the row by a foreign key."""
    return connections[alias].features.has_select_for_no_key_update


def restarted_after_deadlock(work: Callable[P, Answer]) -> Callable[P, Answer]:
    """Run ``work``, which is one transaction, again when it lost to another; inside a caller's own it is his to do."""

    @wraps(work)
    def restarted(*args: P.args, **kwargs: P.kwargs) -> Answer:
        for _ in range(TRIES - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if not is_deadlock(error) or connections[primary.alias()].in_atomic_block:
                    raise
        return work(*args, **kwargs)

    return restarted
