"""The Worker row: the lease that all of a worker's tasks hang on. Every instant is the database's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now

from django_simple_queue import conf
from django_simple_queue.engine.store.records import Key, LeaseLost, Renewal
from django_simple_queue.models import Task, Worker
from django_simple_queue.models.contention import PATIENCE_SECONDS, still_works, wait_at_most
from django_simple_queue.models.primary import alias

CACHE_KIB = 8 * 1024
MMAP_BYTES = 256 * 1024 * 1024
_hurried: object = None
"""The session in which nothing waits long for a lock, in whatever transaction, once ``tune`` has said so."""


def register(worker: Worker, seconds: float | None = None) -> None:
    """Insert ``worker`` with a lease of ``seconds`` (default: LEASE_SECONDS)."""
    worker.lease_until = Now() + lease(seconds)
    worker.save(force_insert=True, using=alias())
    worker.refresh_from_db(using=alias())


def renew(worker_id: UUID, rss: int | None = None) -> None:
    """Extend the lease; ``rss`` is in bytes. Raises LeaseLost when it has ended."""
    columns = {"heartbeat": Now(), "lease_until": Now() + lease()} | ({} if rss is None else {"rss": rss})
    with one_by_one():
        if not Worker.objects.using(alias()).live().filter(pk=worker_id).update(**columns):
            raise LeaseLost(f"The lease of worker {worker_id} has ended.")


def covered(worker_id: UUID) -> Renewal:
    """Return what a lease that has just been renewed covers; apart from that, for tasks may be locked as a whole."""
    with one_by_one():
        state = Worker.objects.using(alias()).values_list("state", flat=True).filter(pk=worker_id).first()
        if state is None:
            raise LeaseLost(f"There is no worker {worker_id} any more.")
        return Renewal(state, held(worker_id))


def held(worker_id: UUID) -> dict[Key, bool]:
    """Return the runs of this worker, and of each whether its cancellation is asked for."""
    rows = Task.objects.using(alias()).running().filter(worker=worker_id)
    return {(pk, epoch): asked is not None for pk, epoch, asked in rows.values_list("pk", "epoch", "cancel_requested")}


def leave(worker_id: UUID) -> None:
    """Give the lease up after a clean stop; a worker that was found lost stays lost."""
    rows = Worker.objects.using(alias()).filter(pk=worker_id, state__in=Worker.LIVE_STATES)
    rows.update(state=Worker.State.STOPPED, ended=Now(), lease_until=Now())


@contextmanager
def hurried() -> Iterator[None]:
    """A transaction in which nothing waits long for what others have locked, be it a row or a table."""
    with transaction.atomic(using=alias()):
        wait_at_most(alias())
        yield


def one_by_one() -> AbstractContextManager[None]:
    """Statements that need no common transaction: they are spared it, where they do not wait long even so."""
    return nullcontext() if session() is _hurried is not None else hurried()


def tune(is_ours: bool = False) -> None:
    """Prepare the worker's connection, once after each connect: no wait for a lock may outlast the lease.

    ``is_ours``: no pooler stands between, which would pass a session on to others, with all that was set in it.
    """
    global _hurried
    with connection().cursor() as cursor:
        for statement in tuning(connection(), is_ours):
            cursor.execute(statement)
    _hurried = session() if is_ours or connection().vendor != "postgresql" else None


def tuning(database: BaseDatabaseWrapper, is_ours: bool) -> Iterator[str]:
    """SQLite's wait for the lock cannot be interrupted. Its file is mapped, which costs no memory of our own.

    Its cache holds what was written last; a larger one would keep a large result for ever.
    """
    if database.vendor == "sqlite":
        yield f"PRAGMA cache_size = -{CACHE_KIB}"
        yield f"PRAGMA mmap_size = {MMAP_BYTES}"
        seconds = min(database.settings_dict["OPTIONS"].get("timeout", 5), conf.get_lease_seconds() / 2)
        yield f"PRAGMA busy_timeout = {seconds * 1000:.0f}"
    elif database.vendor == "mysql":
        for lock in ("innodb_lock_wait_timeout", "lock_wait_timeout"):
            yield f"SET SESSION {lock} = {ceil(PATIENCE_SECONDS)}"
    elif is_ours:
        yield f"SET lock_timeout = '{PATIENCE_SECONDS * 1000:.0f}ms'"


def disconnect() -> None:
    """Close the worker's connection: before a fork, and after an error of the connection; the next use opens it."""
    connection().close()


def session() -> object:
    """Return what the connection now speaks through; another object once it had to be opened anew."""
    return connection().connection


def answers(session: object) -> bool:
    """Tell, after an error, whether ``session`` is still good for something."""
    return still_works(session, alias())


def key_of(task_id: UUID) -> Any:
    """Return ``task_id`` as statements of the database name it."""
    return Task._meta.pk.get_db_prep_value(task_id, connection())


def connection() -> BaseDatabaseWrapper:
    return connections[alias()]


def lease(seconds: float | None = None) -> timedelta:
    return timedelta(seconds=conf.get_lease_seconds() if seconds is None else seconds)
