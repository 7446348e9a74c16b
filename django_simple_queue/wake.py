"""Tells workers on PostgreSQL that there is something for them, once it is committed. Elsewhere nothing need be said.

A call that is lost costs time only: workers ask the database as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

WORK: Final = "django_simple_queue_work"
"""Channel: tasks were enqueued; the payload is their queue, "" when that is not known."""
CANCEL: Final = "django_simple_queue_cancel"
"""Channel: the cancellation of running tasks was asked for."""
LOOK_BACK = 100
SAY = "SELECT PG_NOTIFY(%s, %s)"
# A notification takes a transaction id, so that its commit would wait for the disk; it holds nothing that must be kept.
SAY_AT_ONCE = "SELECT SET_CONFIG('synchronous_commit', 'off', TRUE), PG_NOTIFY(%s, %s)"


@dataclass(frozen=True, slots=True)
class Call:
    alias: str
    channel: str
    payload: str = ""

    def __call__(self) -> None:
        connection = connections[self.alias]
        is_alone = connection.get_autocommit() and not connection.in_atomic_block
        with connection.cursor() as cursor:
            cursor.execute(SAY_AT_ONCE if is_alone else SAY, [self.channel, self.payload])


def workers(alias: str, queue: str = "") -> None:
    """Wake the workers of ``queue`` after the commit of the current transaction, once for each."""
    say(Call(alias, WORK, queue))


def holders(alias: str) -> None:
    """Let workers look, after the commit, whether one of their runs is to be cancelled."""
    say(Call(alias, CANCEL))


def say(call: Call) -> None:
    connection = connections[call.alias]
    if connection.vendor != "postgresql":
        return
    if not connection.in_atomic_block and not connection.get_autocommit():
        call()  # the caller commits by hand, and the server delivers then
    elif not is_planned(connection, call):
        transaction.on_commit(call, using=call.alias, robust=True)


def is_planned(connection: BaseDatabaseWrapper, call: Call) -> bool:
    """Tell whether the same will be said anyway: by a callback that lives as long as one of ours would."""
    savepoints = set(connection.savepoint_ids)
    latest = islice(reversed(connection.run_on_commit), LOOK_BACK)
    return any(planned[1] == call and planned[0] <= savepoints for planned in latest)
