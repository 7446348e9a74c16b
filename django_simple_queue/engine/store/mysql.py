"""MySQL 8 and MariaDB 10.8: no UPDATE ... RETURNING in common, so rows are locked by a SELECT and changed by key.

The indexes lead with the columns of their condition, and the order must come from the index: else SKIP LOCKED locks
every row that it sorts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, transaction

from django_simple_queue.engine.store.database import Asks, Database, Ended, Needs, fields_of, waited
from django_simple_queue.engine.store.records import Claimed, Ending
from django_simple_queue.engine.store.sql import (
    CLAIMED,
    ORDER,
    TASK,
    WORKER,
    Dialect,
    count,
    longest_due,
    look,
    needs,
    ripe,
    soonest,
)
from django_simple_queue.models.states import DUE_SQL

NOW = "CURRENT_TIMESTAMP(6)"
DUE, WAITS = DUE_SQL["mysql"]
SQL = Dialect(
    now=NOW,
    began=f"{NOW} - INTERVAL (%(waited)s + %(ran)s) SECOND",
    ended=f"{NOW} - INTERVAL %(waited)s SECOND",
    hence=f"{NOW} + INTERVAL %(delay)s SECOND",
    due=DUE,
    waits=WAITS,
    until=f"COALESCE(TIMESTAMPDIFF(MICROSECOND, {NOW}, run_after) / 1000000, 0)",
    value="%({})s".format,
    constant="%({})s".format,
    quote="`",
).statements()

OURS = "AND queue IN %(queues)s"
SOME = f"SELECT 1 FROM {TASK} FORCE INDEX (dsq_claim) WHERE {SQL.claimable} LIMIT {{limit}}"
SOME_OF = f"SELECT 1 FROM {TASK} FORCE INDEX (dsq_claim_queue) WHERE {SQL.claimable} {OURS} LIMIT {{limit}}"
HOLD = f"SELECT state FROM {WORKER} WHERE id = %(worker)s AND {SQL.live} LOCK IN SHARE MODE"
ENDS = {verb: f"UPDATE {TASK} SET {columns} WHERE {SQL.fence}" for verb, columns in SQL.ends.items()}
ENDED = f"SELECT status FROM {TASK} WHERE id = %(id)s"
LOCKED = f"ORDER BY {ORDER} LIMIT %(wanted)s FOR UPDATE SKIP LOCKED"
FROM_ALL = f"SELECT id FROM {TASK} FORCE INDEX (dsq_claim) WHERE {SQL.claimable} {{open}} {LOCKED}"
FROM_ONE = (
    f"SELECT queue, priority, run_after, id FROM {TASK} FORCE INDEX (dsq_claim_queue) "
    f"WHERE {SQL.claimable} {{open}} AND queue = %(queue)s {LOCKED}"
)
NOT_ASIDE = "AND id NOT IN %(aside)s"
NAMED = f"SELECT id FROM {TASK} FORCE INDEX (PRIMARY) WHERE id IN %(ids)s AND {SQL.claimable} FOR UPDATE SKIP LOCKED"
CLAIM = f"UPDATE {TASK} SET {SQL.claim} WHERE id IN %(ids)s"
CLAIMED_ROWS = f"SELECT {CLAIMED} FROM {TASK} WHERE id IN %(ids)s"
QUEUES = (
    f"SELECT found.queue FROM (SELECT DISTINCT queue FROM {TASK} FORCE INDEX (dsq_claim_queue) "
    f"WHERE {SQL.claimable}) AS found JOIN {TASK} AS first ON first.id = "
    f"(SELECT id FROM {TASK} FORCE INDEX (dsq_claim_queue) "
    f"WHERE {SQL.claimable} AND queue = found.queue ORDER BY {ORDER} LIMIT 1) "
    f"WHERE found.queue NOT IN ({SQL.paused}) ORDER BY {ORDER} LIMIT %(most)s"
)
FIRSTS = (
    f"SELECT queue, MIN(run_after) AS run_after FROM {TASK} FORCE INDEX (dsq_claim_queue) "
    f"WHERE {SQL.claimable} GROUP BY queue, priority"
)
LONGEST_DUE = longest_due(SQL, FIRSTS, "FORCE INDEX (dsq_promote)")
SOONEST = f"SELECT queue, {SQL.until} FROM ({soonest(SQL, 'FORCE INDEX (dsq_promote)')}) AS soon"
# Neither QUEUES nor FIRSTS skips what it does not need: MariaDB reads all that is due. So do steps between constants.
STEP = (
    f"SELECT queue, priority, run_after, id, {SQL.until} FROM {TASK} FORCE INDEX (dsq_claim_queue) "
    f"WHERE {SQL.claimable} {{beyond}} ORDER BY queue, {ORDER} LIMIT 1"
)
FIRST_STEP, NEXT_QUEUE = STEP.format(beyond=""), STEP.format(beyond="AND queue > %(queue)s")
NEXT_PRIORITY = STEP.format(beyond="AND queue = %(queue)s AND priority < %(priority)s")
MOST_STEPS = 50
"""Each is a question of its own: for more queues it is quicker to have everything read."""
COUNT, COUNT_OF = count(SOME, "%(most)s"), count(SOME_OF, "%(most)s")
IS_RIPE, IS_RIPE_OF = (ripe(SQL, condition, "FORCE INDEX (dsq_promote)") for condition in ("", OURS))
NEEDS = needs(SQL, "%(worker)s", "FORCE INDEX (dsq_promote)", "FORCE INDEX (dsq_running)")
LOOK, LOOK_AT = (look(SQL, some, "FORCE INDEX (dsq_promote)") for some in (SOME, SOME_OF))
RIPE = (
    f"SELECT id FROM {TASK} FORCE INDEX (dsq_promote) WHERE {SQL.waiting} "
    "ORDER BY run_after LIMIT %(wanted)s FOR UPDATE SKIP LOCKED"
)
PROMOTE = f"UPDATE {TASK} SET due = 1 WHERE id IN %(ids)s"
SURELY_FITS = 256 * 1024
PACKET_MARGIN = 4096


def escaped_size(text: str) -> int:
    data = text.encode()
    return len(data) + sum(map(data.count, (b"\n", b"\r", b"\\", b"'", b'"', b"\0", b"\x1a")))


def in_claim_order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    _, priority, run_after, pk, *_ = row
    return -priority, instant(run_after), pk


def instant(stored: Any) -> datetime:
    """No driver has a value for a time of zeros, which MySQL can keep: such a row must not stop the others."""
    return stored if isinstance(stored, datetime) else datetime(1000, 1, 1)


class MySQL(Database):
    asks = Asks((LOOK, LOOK_AT), (COUNT, COUNT_OF), (IS_RIPE, IS_RIPE_OF))

    def hold(self, worker: UUID) -> tuple[str, list[str]] | None:
        rows = self._rows(HOLD, worker=self._key(worker))
        return (rows[0][0], sorted(self._paused())) if rows else None

    def end(self, worker: UUID, verb: str, endings: Sequence[Ending]) -> Iterable[Ended]:
        for ending in endings:
            parameters = fields_of(ending) | {"id": self._key(ending.id), "worker": self._key(worker)}
            self._require_fitting(parameters)
            if self._changed(ENDS[verb], **parameters):
                yield ending.run, self._rows(ENDED, id=parameters["id"])[0][0]

    def _require_fitting(self, parameters: Mapping[str, Any]) -> None:
        """Raise DataError for what the server would answer by hanging up, as if it had gone away."""
        size = sum(escaped_size(value) for value in parameters.values() if isinstance(value, str))
        if size <= SURELY_FITS:
            return
        limit = self._rows("SELECT @@max_allowed_packet")[0][0]
        if size + PACKET_MARGIN > limit:
            raise DataError(
                f"{size:,} bytes are more than max_allowed_packet of the database, {limit:,}, lets through."
            )

    def due_queues(self, most: int) -> list[str]:
        heads = self._steps(NEXT_QUEUE)
        if heads is None:
            return [queue for (queue,) in self._rows(QUEUES, most=most)]
        paused = self._paused()
        return [queue for queue, *_ in sorted(heads, key=in_claim_order) if queue not in paused][:most]

    def longest_due(self) -> tuple[str, float] | None:
        firsts = self._steps(NEXT_PRIORITY, NEXT_QUEUE)
        if firsts is None:
            return waited(self._rows(LONGEST_DUE))
        paused = self._paused()
        due = [(queue, wait) for queue, *_, wait in firsts if queue not in paused]
        return waited([*due, *self._rows(SOONEST)])

    def _steps(self, *ways: str) -> list[Any] | None:
        """Return the first row and, one by one, that to which the first possible of ``ways`` leads from the last.

        None when MOST_STEPS do not lead to the end.
        """
        found, here = list[Any](), self._rows(FIRST_STEP)
        while here and len(found) < MOST_STEPS:
            found += here
            queue, priority, *_ = here[0]
            here = next(filter(None, (self._rows(way, queue=queue, priority=priority) for way in ways)), [])
        return None if here else found

    def _paused(self) -> set[str]:
        return {queue for (queue,) in self._rows(SQL.paused)}

    def claim(self, worker: UUID, wanted: int, queues: Sequence[str] | None) -> list[Claimed]:
        return self._take(worker, self.choose(wanted, queues))

    def choose(self, wanted: int, queues: Sequence[str] | None, aside: Collection[Any] = ()) -> list[Any]:
        condition, names = (NOT_ASIDE, {"aside": tuple(aside)}) if aside else ("", {})
        if queues is None:
            return [pk for (pk,) in self._rows(FROM_ALL.format(open=condition), wanted=wanted, **names)]
        select = FROM_ONE.format(open=condition)
        rows = [row for queue in queues for row in self._rows(select, queue=queue, wanted=wanted, **names)]
        return [pk for _, _, _, pk in sorted(rows, key=in_claim_order)[:wanted]]

    def take(self, worker: UUID, keys: Sequence[Any]) -> list[Claimed]:
        return self._take(worker, [pk for (pk,) in self._rows(NAMED, ids=tuple(keys))])

    def _take(self, worker: UUID, ids: list[Any]) -> list[Claimed]:
        if not ids:
            return []
        self._changed(CLAIM, worker=self._key(worker), release=self.release, ids=ids)
        return [self._claimed(row) for row in self._rows(CLAIMED_ROWS, ids=ids)]

    def needs(self, worker: UUID) -> Needs:
        wait, reap, sweep, act, state = self._rows(NEEDS, worker=self._key(worker))[0]
        return Needs(None if wait is None else float(wait), bool(reap), bool(sweep), bool(act), state or "")

    def promote(self, limit: int) -> int:
        with transaction.atomic(using=self.connection.alias):
            ids = [pk for (pk,) in self._rows(RIPE, wanted=limit)]
            return self._changed(PROMOTE, ids=ids) if ids else 0

    def _claimed(self, row: tuple[Any, ...]) -> Claimed:
        pk, *numbers, task, args, positional, timeout, queue, priority, run_after = row
        epoch, attempt, attempts = numbers
        texts = (task, args or "", positional or "")
        moment = instant(run_after).replace(tzinfo=self.connection.timezone)
        return Claimed(UUID(str(pk)), epoch, attempt, attempts, *texts, timeout, queue, priority, moment)

    def _key(self, value: UUID) -> str:
        return str(value) if self.connection.features.has_native_uuid_field else value.hex

    def _names(self, queues: Sequence[str]) -> tuple[str, ...]:
        return tuple(queues)

    def _rows(self, statement: str, **parameters: Any) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def _changed(self, statement: str, **parameters: Any) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.rowcount)
