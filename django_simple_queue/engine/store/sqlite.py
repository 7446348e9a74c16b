"""SQLite: one writer at a time. The first statement of a turn writes, so that it waits for its turn instead of failing.

An index must be named: without ANALYZE the planner takes the list index and sorts the whole backlog.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from django_simple_queue.engine.store.database import Asks, Database, Ended, Needs, fields_of, waited
from django_simple_queue.engine.store.records import Claimed, Ending
from django_simple_queue.engine.store.sql import (
    CLAIMED,
    ORDER,
    TASK,
    WORKER,
    Dialect,
    count,
    firsts,
    longest_due,
    look,
    needs,
    ripe,
)
from django_simple_queue.models.fields import uuid7
from django_simple_queue.models.states import DUE_SQL

NOW = "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"
DUE, WAITS = DUE_SQL["sqlite"]
SQL = Dialect(
    now=NOW,
    began=f"{NOW[:-1]}, :waited, :ran)",
    ended=f"{NOW[:-1]}, :waited)",
    hence=f"{NOW[:-1]}, :delay)",
    due=DUE,
    waits=WAITS,
    until="COALESCE((JULIANDAY(run_after) - JULIANDAY('NOW')) * 86400, 0)",
    value=":{}".format,
    constant=":{}".format,
).statements()

OURS = "AND queue IN (SELECT value FROM JSON_EACH(:queues))"
SOME = f"SELECT 1 FROM {TASK} INDEXED BY dsq_claim WHERE {SQL.claimable} LIMIT {{limit}}"
SOME_OF = f"SELECT 1 FROM {TASK} INDEXED BY dsq_claim_queue WHERE {SQL.claimable} {OURS} LIMIT {{limit}}"
# A column of no index: nothing is written then, which would wake every other worker.
HOLD = (
    f"UPDATE {WORKER} SET slots = slots WHERE id = :worker AND {SQL.live} "
    f"RETURNING state, (SELECT JSON_GROUP_ARRAY(queue) FROM ({SQL.paused}))"
)
ENDS = {verb: f"UPDATE {TASK} SET {columns} WHERE {SQL.fence} RETURNING status" for verb, columns in SQL.ends.items()}
CLAIM = f"UPDATE {TASK} SET {SQL.claim} WHERE id IN ({{ids}}) RETURNING {CLAIMED} || ''"  # its time as text
RENAME = f"UPDATE OR IGNORE {TASK} SET id = :key WHERE id = :id RETURNING 1"
ODD = f"SELECT id FROM {TASK} WHERE TYPEOF(id) <> 'text' OR LENGTH(id) <> 32 OR id GLOB '*[^0-9a-f]*' LIMIT 1000"
FROM_ALL = f"SELECT id FROM {TASK} INDEXED BY dsq_claim WHERE {SQL.claimable} {{open}} ORDER BY {ORDER} LIMIT :wanted"
FROM_ONE = (
    f"SELECT id, priority, run_after FROM {TASK} INDEXED BY dsq_claim_queue "
    f"WHERE {SQL.claimable} {{open}} AND queue = :queue{{n}} ORDER BY {ORDER} LIMIT :wanted"
)
NOT_ASIDE = "AND id NOT IN (SELECT value FROM JSON_EACH(:aside))"
NAMED = (  # a CROSS JOIN keeps its order: else the planner may walk all that is queued
    f"SELECT {TASK}.id FROM JSON_EACH(:ids) AS wanted CROSS JOIN {TASK} ON {TASK}.id = wanted.value "
    f"WHERE {SQL.claimable}"
)
QUEUES = (
    f"WITH RECURSIVE step (queue) AS (SELECT MIN(queue) FROM {TASK} INDEXED BY dsq_claim_queue WHERE {SQL.claimable} "
    f"UNION ALL SELECT (SELECT MIN(queue) FROM {TASK} INDEXED BY dsq_claim_queue "
    f"WHERE {SQL.claimable} AND queue > step.queue) FROM step WHERE step.queue IS NOT NULL) "
    f"SELECT step.queue FROM step CROSS JOIN {TASK} AS first ON first.id = (SELECT id FROM {TASK} "
    f"INDEXED BY dsq_claim_queue WHERE {SQL.claimable} AND queue = step.queue ORDER BY {ORDER} LIMIT 1) "
    f"WHERE step.queue NOT IN ({SQL.paused}) ORDER BY {ORDER} LIMIT :most"
)
LONGEST_DUE = longest_due(SQL, firsts(SQL, "INDEXED BY dsq_claim_queue"), "INDEXED BY dsq_promote")
COUNT, COUNT_OF = count(SOME, ":most"), count(SOME_OF, ":most")
IS_RIPE, IS_RIPE_OF = (ripe(SQL, condition, "INDEXED BY dsq_promote") for condition in ("", OURS))
NEEDS = needs(SQL, ":worker", "INDEXED BY dsq_promote", "INDEXED BY dsq_running")
LOOK, LOOK_AT = (look(SQL, some, "INDEXED BY dsq_promote") for some in (SOME, SOME_OF))
PROMOTE = (
    f"UPDATE {TASK} SET due = TRUE WHERE id IN (SELECT id FROM {TASK} INDEXED BY dsq_promote "
    f"WHERE {SQL.waiting} ORDER BY run_after LIMIT :wanted) RETURNING 1"
)


class SQLite(Database):
    asks = Asks((LOOK, LOOK_AT), (COUNT, COUNT_OF), (IS_RIPE, IS_RIPE_OF))

    def hold(self, worker: UUID) -> tuple[str, list[str]] | None:
        rows = self._rows(HOLD, worker=worker.hex)
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def end(self, worker: UUID, verb: str, endings: Sequence[Ending]) -> Iterable[Ended]:
        for ending in endings:
            for (status,) in self._rows(ENDS[verb], worker=worker.hex, **values(ending)):
                yield ending.run, status

    def due_queues(self, most: int) -> list[str]:
        return [queue for (queue,) in self._rows(QUEUES, most=most)]

    def longest_due(self) -> tuple[str, float] | None:
        return waited(self._rows(LONGEST_DUE))

    def claim(self, worker: UUID, wanted: int, queues: Sequence[str] | None) -> list[Claimed]:
        return self._claimed(worker, chosen(queues), wanted=wanted, **numbered(queues))

    def choose(self, wanted: int, queues: Sequence[str] | None, aside: Collection[Any]) -> list[Any]:
        constants = {"wanted": wanted, "aside": json.dumps(list(aside))}
        return [key for (key,) in self._rows(chosen(queues, NOT_ASIDE), **constants, **numbered(queues))]

    def take(self, worker: UUID, keys: Sequence[Any]) -> list[Claimed]:
        return self._claimed(worker, NAMED, ids=json.dumps(list(keys)))

    def _claimed(self, worker: UUID, source: str, **parameters: Any) -> list[Claimed]:
        rows = self._rows(CLAIM.format(ids=source), worker=worker.hex, release=self.release, **parameters)
        return [claimed(self._key(row[0]), row) for row in rows]

    def _key(self, stored: Any) -> UUID:
        """SQLite takes any text as an id: a row written by hand gets one that all other statements can name."""
        key = as_key(stored)
        if key.hex != stored and not self._rows(RENAME, id=stored, key=key.hex):
            key = uuid7()
            self._rows(RENAME, id=stored, key=key.hex)
        return key

    def needs(self, worker: UUID) -> Needs:
        wait, reap, sweep, act, state = self._rows(NEEDS, worker=worker.hex)[0]
        return Needs(wait, bool(reap), bool(sweep), bool(act), state or "")

    def promote(self, limit: int) -> int:
        return len(self._rows(PROMOTE, wanted=limit))

    def name_odd_rows(self) -> int:
        return len([self._key(stored) for (stored,) in self._rows(ODD)])

    def _names(self, queues: Sequence[str]) -> str:
        return json.dumps(list(queues))

    def _rows(self, statement: str, **parameters: Any) -> list[Any]:
        self.connection.ensure_connection()
        with self.connection.wrap_database_errors:
            rows: list[Any] = self.connection.connection.execute(statement, parameters).fetchall()
        return rows


def chosen(queues: Sequence[str] | None, condition: str = "") -> str:
    if queues is None:
        return FROM_ALL.format(open=condition)
    each = " UNION ALL ".join(f"SELECT * FROM ({FROM_ONE.format(n=n, open=condition)})" for n in range(len(queues)))
    return f"SELECT id FROM ({each}) ORDER BY {ORDER} LIMIT :wanted"


def numbered(queues: Sequence[str] | None) -> dict[str, str]:
    return {f"queue{n}": queue for n, queue in enumerate(queues or ())}


def values(ending: Ending) -> dict[str, Any]:
    """Return the fields as SQLite takes them: it has neither ids nor spans of time."""
    ran, known = ending.ran_seconds, fields_of(ending)
    spans = {"ran": None if ran is None else f"-{ran:.3f} seconds", "waited": f"-{ending.waited_seconds:.3f} seconds"}
    if ending.fails:
        spans["delay"] = f"+{known['delay']:.3f} seconds"
    return known | spans | {"id": ending.id.hex}


def as_key(stored: Any) -> UUID:
    try:
        return UUID(stored)
    except (AttributeError, TypeError, ValueError):
        return uuid7()


def claimed(key: UUID, row: tuple[Any, ...]) -> Claimed:
    _, epoch, attempt, attempts, task, args, positional, timeout, queue, priority, run_after = row
    moment = instant(run_after)
    return Claimed(
        key, epoch, attempt, attempts, task, args or "", positional or "", timeout, queue, priority,
        moment.replace(tzinfo=UTC) if settings.USE_TZ else moment,
    )  # fmt: skip


def instant(stored: Any) -> datetime:
    """SQLite stores what it is given: a row written by hand must not stop the claims of all others."""
    try:
        return datetime.fromisoformat(stored)
    except (TypeError, ValueError):
        return datetime.now(UTC)
