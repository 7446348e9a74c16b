"""Enqueueing: ``create_task`` for one task, ``create_tasks`` for many."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import IntegrityError, connections, transaction

from django_simple_queue import conf
from django_simple_queue.arguments import (
    as_instant,
    check_author,
    check_backoff,
    check_idempotency_key,
    check_path,
    check_queue,
    check_range,
    check_timeout,
    encode_args,
)
from django_simple_queue.callables import TaskNotAllowedError, require_allowed
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias

__all__ = ["TaskNotAllowedError", "create_task", "create_tasks"]

BATCH_SIZE = 1000
_warned: list[str] = []


class Extras(TypedDict, total=False):
    queue: str | None
    priority: int | None
    run_after: datetime | timedelta | None
    max_attempts: int | None
    backoff: Sequence[float] | None
    timeout: int | None
    idempotency_key: str | None
    created_by: str


def create_task(
    task: str,
    args: dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    run_after: datetime | timedelta | None = None,
    max_attempts: int | None = None,
    backoff: Sequence[float] | None = None,
    timeout: int | None = None,
    idempotency_key: str | None = None,
    created_by: str = "",
) -> UUID:
    """Enqueue one task as part of the caller's transaction and return its id.

    ``args`` are the keyword arguments as plain JSON values; ``run_after`` is an aware datetime or a timedelta from now;
    ``backoff`` are the seconds between attempts (the last entry repeats); ``timeout`` is in seconds (0: none). What is
    left out comes from the task's options in ALLOWED_TASKS, else from the settings. With an ``idempotency_key`` that
    exists already, nothing is written and the existing id is returned.

    Raises TypeError (args is not a dict of plain JSON), ValueError (too large, out of range, a key that stands for
    another call), TaskNotAllowedError (not in the allowlist).
    """
    row = build_task(
        defaults_of,
        task,
        args,
        queue=queue,
        priority=priority,
        run_after=run_after,
        max_attempts=max_attempts,
        backoff=backoff,
        timeout=timeout,
        idempotency_key=idempotency_key,
        created_by=created_by,
    )
    warn_of_other_transaction()
    return insert(row)


def create_tasks(calls: Iterable[tuple[str, dict[str, Any]] | Mapping[str, Any]]) -> list[UUID]:
    """Enqueue many tasks, all or none, and return their ids in order.

    A call is ``(task, args)`` or a mapping with the parameters of ``create_task``. Raises what ``create_task`` raises,
    before anything is written.
    """
    once = cache(defaults_of)
    rows = [build_task(once, **named(call)) for call in calls]
    warn_of_other_transaction()
    with transaction.atomic(using=alias()):
        Task.objects.bulk_create([row for row in rows if not row.idempotency_key], batch_size=BATCH_SIZE)
        return [insert_once(row) if row.idempotency_key else row.id for row in rows]


def named(call: object) -> Mapping[str, Any]:
    """Return the parameters of ``call`` by name."""
    if isinstance(call, tuple) and len(call) == 2:
        return {"task": call[0], "args": call[1]}
    if isinstance(call, Mapping) and {"task", "args"} <= call.keys():
        return call
    raise TypeError(f"A call is (task, args) or a mapping with 'task' and 'args', not {call!r:.200}.")


def build_task(
    defaults: Callable[[str], Mapping[str, Any]], /, task: str, args: dict[str, Any], **extras: Unpack[Extras]
) -> Task:
    check_path(task)
    row = Task(task=task, args=encode_args(args))
    said = {**defaults(task), **{name: value for name, value in extras.items() if value is not None}}
    refuse_unknown(extras)
    # Not as arguments of Task, which would look for each of its fields among them: much of what a task costs here.
    row.queue = check_queue(said["queue"])
    row.priority = check_range("priority", said["priority"])
    row.max_attempts = check_range("max_attempts", said["max_attempts"])
    row.run_after = as_instant(said.get("run_after"))
    row.backoff = check_backoff(said.get("backoff"))
    row.timeout = check_timeout(said["timeout"])
    if key := said.get("idempotency_key"):
        row.idempotency_key = check_idempotency_key(key)
    row.created_by = check_author(said.get("created_by", ""))
    return row


def defaults_of(task: str) -> Mapping[str, Any]:
    """Return what a call of ``task`` has unless it says otherwise; raises TaskNotAllowedError."""
    require_allowed(task)
    options = conf.get_task_options(task)
    return {
        "queue": options.queue,
        "priority": options.priority,
        "max_attempts": conf.get_max_attempts() if options.max_attempts is None else options.max_attempts,
        "timeout": options.timeout,
    }


def refuse_unknown(extras: Mapping[str, Any]) -> None:
    unknown = sorted(extras.keys() - Extras.__annotations__.keys())
    if unknown:
        known = ", ".join(Extras.__annotations__)
        raise TypeError(f"create_task has no parameter {unknown[0]!r}; besides task and args it has {known}.")


def warn_of_other_transaction() -> None:
    """Warn, once, when our caller's caller has a transaction on another database, which cannot hold back the tasks."""
    if _warned or len(connections.settings) == 1:
        return
    ours = alias()
    in_atomic = {each.alias for each in connections.all(initialized_only=True) if each.in_atomic_block}
    if in_atomic and ours not in in_atomic:
        _warned.append(ours)
        theirs = ", ".join(sorted(in_atomic))
        warnings.warn(
            f"A task is enqueued in database {ours!r} inside a transaction on {theirs!r}: it exists even if that is "
            "rolled back, and may run before that is committed. Use transaction.on_commit(), or route the tasks to the "
            "database of your transaction.",
            RuntimeWarning,
            stacklevel=3,
        )


def insert(row: Task) -> UUID:
    if row.idempotency_key:
        return insert_once(row)
    row.save(force_insert=True)
    return row.id


def insert_once(row: Task) -> UUID:
    """Insert ``row`` unless its idempotency key exists; the savepoint keeps the caller's transaction usable."""
    try:
        with transaction.atomic(using=alias()):
            row.save(force_insert=True)
    except IntegrityError:
        existing = Task.objects.using(alias()).filter(idempotency_key=row.idempotency_key).first()
        if existing is None:
            raise
        return same_call(existing, row)
    return row.id


def same_call(existing: Task, row: Task) -> UUID:
    if (existing.task, existing.arguments) != (row.task, row.arguments):
        raise ValueError(
            f"idempotency_key {row.idempotency_key!r} stands for task {existing.id} "
            f"({existing.task!r} with its own arguments), not for this call of {row.task!r}. Use another key."
        )
    return existing.id
