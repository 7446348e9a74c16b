"""PostgreSQL: whole batches in one statement, as binary arrays bound on the server (far cheaper than text)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import ClientCursor, Cursor

from django_simple_queue.engine.store.database import Database, Ended, Look, Needs, Opening, fields_of, waited
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
from django_simple_queue.models import Worker
from django_simple_queue.models.contention import PATIENCE_SECONDS
from django_simple_queue.models.states import DUE_SQL

NOW = "STATEMENT_TIMESTAMP()"
TURN = "TRANSACTION_TIMESTAMP()"
"""When the turn began: what an ending has waited was measured just before."""
DUE, WAITS = DUE_SQL["postgresql"]
SQL = Dialect(
    now=NOW,
    began=f"{TURN} - (new_waited + new_ran) * INTERVAL '1 second'",
    ended=f"{TURN} - new_waited * INTERVAL '1 second'",
    hence=f"{NOW} + new_delay * INTERVAL '1 second'",
    due=DUE,
    waits=WAITS,
    until=f"CASE WHEN ISFINITE(run_after) THEN EXTRACT(EPOCH FROM run_after - {NOW})::float8 END",
    value="new_{}".format,
    constant="%({})b".format,
).statements()

KEPT = {"id": "uuid", "epoch": "int8"}
RAN = KEPT | {"output": "text", "log": "text", "pid": "int4", "ran": "float8", "waited": "float8"}
WRONG = {"error": "text", "error_class": "text", "fingerprint": "text", "frames": "text"}
FAILED = RAN | WRONG | {"retry": "bool", "delay": "float8"}
VALUES = {"complete": RAN, "fail": FAILED, "interrupt": FAILED, "release": KEPT}


def ends(verb: str) -> str:
    arrays = ", ".join(f"%({name})b::{kind}[]" for name, kind in VALUES[verb].items())
    names = ", ".join(f"new_{name}" for name in VALUES[verb])
    source = f"UNNEST({arrays}) AS ending ({names})"
    return f"UPDATE {TASK} SET {SQL.ends[verb]} FROM {source} WHERE {SQL.fence} RETURNING id, epoch, status"


OURS = "AND queue = ANY(%(queues)b::text[])"
SOME = f"SELECT 1 FROM {TASK} WHERE {SQL.claimable} ORDER BY {ORDER} LIMIT {{limit}}"
SOME_OF = f"SELECT 1 FROM {TASK} WHERE {SQL.claimable} {OURS} ORDER BY queue LIMIT {{limit}}"
# Statistics lag behind a backlog: a planner that expects few rows would sort all of it for every claim of this turn.
# What it must sort all the same then looks so dear that it would compile each claim, for hundreds of milliseconds.
PLANNING = ", ".join(f"SET_CONFIG('{name}', 'off', TRUE)" for name in ("enable_sort", "enable_bitmapscan", "jit"))
PATIENCE = f"SET_CONFIG('lock_timeout', '{PATIENCE_SECONDS * 1000:.0f}ms', TRUE)"
# The locked row of a live worker, with what must hold before its lock is waited for.
HELD = (
    f"SELECT state, ARRAY({SQL.paused}) AS paused, {PLANNING}, {PATIENCE} FROM {WORKER} "
    f"WHERE id = %(worker)b AND {SQL.live} {{when}} FOR SHARE OF {WORKER}"
)
# A claim is sent before the answer to HOLD is known. This lets it go ahead: said once the row is locked, not before.
GATE = "django_simple_queue.gate"
STATES = (
    f"state, paused, SET_CONFIG('{GATE}', CASE WHEN state = '{Worker.State.RUNNING.value}' AND paused = '{{}}' "
    "THEN 'open' ELSE 'closed' END, TRUE)"
)
IS_OPEN = f"CURRENT_SETTING('{GATE}', TRUE) = 'open'"
HOLD = f"SELECT {STATES} FROM ({HELD.format(when='')}) AS held"
ENDS = {verb: ends(verb) for verb in SQL.ends}
LOCKED = f"{ORDER} LIMIT %(wanted)b FOR NO KEY UPDATE SKIP LOCKED"
FROM_ALL = f"SELECT id AS chosen FROM {TASK} WHERE {SQL.claimable} {{open}} ORDER BY {LOCKED}"
# An array and the queue in the order: else the planner may walk the backlog of all queues in search of this one.
FROM_SOME = (
    "SELECT each.id AS chosen FROM UNNEST(%(queues)b::text[]) AS wanted_queue (name) CROSS JOIN LATERAL "
    f"(SELECT id, priority, run_after FROM {TASK} WHERE {SQL.claimable} {{open}} "
    f"AND queue = ANY(ARRAY[name]) ORDER BY queue, {LOCKED}) AS each "
    f"ORDER BY {ORDER} LIMIT %(wanted)b"
)


# Instants that Python has no value for; a row that was parked by hand must not stop the claims of all others.
KNOWN = "GREATEST(LEAST(run_after, '9999-12-30 00:00Z'), '0001-01-02 00:00Z')"
RETURNED = CLAIMED.replace("run_after", KNOWN)


def claim_from(source: str, condition: str = "") -> str:
    return (
        f"WITH claim AS MATERIALIZED ({source.format(open=condition)}) "
        f"UPDATE {TASK} SET {SQL.claim} FROM claim WHERE id = chosen RETURNING {RETURNED}"
    )


CLAIM, CLAIM_SOME = claim_from(FROM_ALL), claim_from(FROM_SOME)
CLAIM_IF_OPEN, CLAIM_SOME_IF_OPEN = claim_from(FROM_ALL, f"AND {IS_OPEN}"), claim_from(FROM_SOME, f"AND {IS_OPEN}")
CHOOSE, CHOOSE_SOME = (each.format(open="AND id <> ALL(%(aside)b::uuid[])") for each in (FROM_ALL, FROM_SOME))
TAKE = claim_from(  # one by one: else the planner may walk all that is queued
    "SELECT each.id AS chosen FROM UNNEST(%(ids)b::uuid[]) AS wanted (key) CROSS JOIN LATERAL "
    f"(SELECT id FROM {TASK} WHERE id = key AND {SQL.claimable} FOR NO KEY UPDATE SKIP LOCKED) AS each"
)
QUEUES = (
    f"WITH RECURSIVE step (queue) AS ((SELECT queue FROM {TASK} WHERE {SQL.claimable} ORDER BY queue LIMIT 1) "
    f"UNION ALL SELECT (SELECT queue FROM {TASK} WHERE {SQL.claimable} AND queue > step.queue ORDER BY queue LIMIT 1) "
    "FROM step WHERE step.queue IS NOT NULL) SELECT step.queue FROM step CROSS JOIN LATERAL "
    f"(SELECT id, priority, run_after FROM {TASK} WHERE {SQL.claimable} "
    f"AND queue = ANY(ARRAY[step.queue]) ORDER BY queue, {ORDER} LIMIT 1) AS first "
    f"WHERE step.queue NOT IN ({SQL.paused}) ORDER BY {ORDER} LIMIT %(most)b"
)
LONGEST_DUE = longest_due(SQL._replace(until=f"EXTRACT(EPOCH FROM {KNOWN} - {NOW})::float8"), firsts(SQL))
COUNT, COUNT_OF = count(SOME, "%(most)b"), count(SOME_OF, "%(most)b")
# An expression, and an order: else the planner may walk all that there ever was of these queues.
IS_RIPE, IS_RIPE_OF = ripe(SQL), ripe(SQL, OURS.replace("queue =", "queue || '' ="))
NEEDS = needs(SQL, "%(worker)b")
LOOK, LOOK_AT = look(SQL, SOME), look(SQL, SOME_OF)


def glance(look: str) -> str:
    held = HELD.format(when="AND due")
    return (
        f"WITH seen (due, wait) AS MATERIALIZED ({look}) "
        f"SELECT due, wait, {STATES} FROM seen LEFT JOIN LATERAL ({held}) AS held ON TRUE"
    )


GLANCE, GLANCE_AT = glance(LOOK), glance(LOOK_AT)
PROMOTE = (
    f"WITH ripe AS MATERIALIZED (SELECT id AS chosen FROM {TASK} WHERE {SQL.waiting} "
    "ORDER BY run_after LIMIT %(wanted)b FOR NO KEY UPDATE SKIP LOCKED) "
    f"UPDATE {TASK} SET due = TRUE FROM ripe WHERE id = chosen RETURNING 1"
)


class PostgreSQL(Database):
    def look(self, queues: Sequence[str]) -> Look:
        return Look(*(self._rows(LOOK_AT, queues=list(queues)) if queues else self._rows(LOOK))[0])

    def glance(self, worker: UUID, wanted: int, queues: Sequence[str]) -> tuple[Look, list[Claimed] | None]:
        """In one message, which the server runs as one transaction: most of a single task's way is the trips to it."""
        if len(queues) > 1:
            return super().glance(worker, wanted, queues)
        statements = (GLANCE_AT, CLAIM_SOME_IF_OPEN) if queues else (GLANCE, CLAIM_IF_OPEN)
        seen, claimed = self._rows_of_each(
            *statements, worker=worker, wanted=wanted, queues=list(queues), release=self.release
        )
        (due, wait, _, _, gate) = seen[0]
        return Look(due, wait), [as_claimed(row) for row in claimed] if gate == "open" else None

    def open_turn(
        self, worker: UUID, endings: Mapping[str, Sequence[Ending]], wanted: int, queues: Sequence[str]
    ) -> Opening | None:
        """Hold, end and claim one after the other, without a look at the answers between them.

        Not in a libpq pipeline: with notifications coming in on the same connection its answers could be waited for in
        vain, until the lease was over.
        """
        claim = {"wanted": wanted, "queues": list(queues[:1]), "release": self.release, "worker": worker}
        self.connection.ensure_connection()
        with self.connection.wrap_database_errors:
            held = self._sent(HOLD, worker=worker)
            ended = [self._sent(ENDS[verb], worker=worker, **arrays(verb, group)) for verb, group in endings.items()]
            claimed = self._sent(CLAIM_SOME_IF_OPEN if queues else CLAIM_IF_OPEN, **claim) if wanted else None
            if (row := held.fetchone()) is None:
                return None
            return Opening(
                state=row[0],
                paused=row[1],
                ended=[((pk, epoch), status) for each in ended for pk, epoch, status in each],
                claimed=[as_claimed(row) for row in claimed or ()],
                asked=not row[1],
            )

    def hold(self, worker: UUID) -> tuple[str, list[str]] | None:
        rows = self._rows(HOLD, worker=worker)
        return (rows[0][0], rows[0][1]) if rows else None

    def end(self, worker: UUID, verb: str, endings: Sequence[Ending]) -> Iterable[Ended]:
        rows = self._rows(ENDS[verb], worker=worker, **arrays(verb, endings))
        return [((pk, epoch), status) for pk, epoch, status in rows]

    def due_queues(self, most: int) -> list[str]:
        return [queue for (queue,) in self._rows(QUEUES, most=most)]

    def count_due(self, queues: Sequence[str], most: int) -> int:
        counted = self._rows(COUNT_OF, queues=list(queues), most=most) if queues else self._rows(COUNT, most=most)
        return int(counted[0][0])

    def is_ripe(self, queues: Sequence[str]) -> bool:
        return bool(self._rows(IS_RIPE_OF, queues=list(queues)) if queues else self._rows(IS_RIPE))

    def longest_due(self) -> tuple[str, float] | None:
        return waited(self._rows(LONGEST_DUE))

    def claim(self, worker: UUID, wanted: int, queues: Sequence[str] | None) -> list[Claimed]:
        constants = {"worker": worker, "release": self.release, "wanted": wanted, "queues": list(queues or ())}
        return [as_claimed(row) for row in self._rows(CLAIM if queues is None else CLAIM_SOME, **constants)]

    def choose(self, wanted: int, queues: Sequence[str] | None, aside: Collection[Any]) -> list[Any]:
        constants = {"wanted": wanted, "queues": list(queues or ()), "aside": list(aside)}
        return [key for (key,) in self._rows(CHOOSE if queues is None else CHOOSE_SOME, **constants)]

    def take(self, worker: UUID, keys: Sequence[Any]) -> list[Claimed]:
        return [as_claimed(row) for row in self._rows(TAKE, worker=worker, release=self.release, ids=list(keys))]

    def needs(self, worker: UUID) -> Needs:
        promote, reap, sweep, act, state = self._rows(NEEDS, worker=worker)[0]
        return Needs(promote, reap, sweep, act, state or "")

    def promote(self, limit: int) -> int:
        return len(self._rows(PROMOTE, wanted=limit))

    def _rows(self, statement: str, **parameters: Any) -> list[Any]:
        self.connection.ensure_connection()
        with self.connection.wrap_database_errors:
            return self._sent(statement, **parameters).fetchall()

    def _rows_of_each(self, *statements: str, **parameters: Any) -> list[list[Any]]:
        """The parameters become part of the text: only so can several statements be one message."""
        self.connection.ensure_connection()
        with self.connection.wrap_database_errors:
            cursor = ClientCursor(self.connection.connection).execute("; ".join(statements), parameters)
            answers = [cursor.fetchall()]
            while cursor.nextset():
                answers.append(cursor.fetchall())
            return answers

    def _sent(self, statement: str, **parameters: Any) -> Cursor[Any]:
        """Django's own cursor would paste the parameters into the text of the statement."""
        return Cursor(self.connection.connection).execute(statement, parameters)


def arrays(verb: str, endings: Sequence[Ending]) -> dict[str, list[Any]]:
    rows = [fields_of(ending) for ending in endings]
    return {name: [row[name] for row in rows] for name in VALUES[verb]}


def as_claimed(row: tuple[Any, ...]) -> Claimed:
    pk, epoch, attempt, attempts, task, args, positional, *rest = row
    return Claimed(pk, epoch, attempt, attempts, task, args or "", positional or "", *rest)
