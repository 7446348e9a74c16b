"""PostgreSQL: whole batches in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg import ClientCursor, Cursor

from django_simple_queue.engine import clock
from django_simple_queue.engine.store import postgresql_sql as sql
from django_simple_queue.engine.store.bookmarks import behind
from django_simple_queue.engine.store.database import Asks, Database, Ended, Look, Needs, Opening, fields_of, waited
from django_simple_queue.engine.store.records import Claimed, Ending
from django_simple_queue.models import Worker


class PostgreSQL(Database):
    asks = Asks((sql.LOOK, sql.LOOK_AT), (sql.COUNT, sql.COUNT_OF), (sql.IS_RIPE, sql.IS_RIPE_OF))

    def glance(self, worker: UUID, wanted: int, queues: Sequence[str]) -> tuple[Look, list[Claimed] | None]:
        """In one message, which the server runs as one transaction: most of a single task's way is the trips to it."""
        if len(queues) > 1:
            return super().glance(worker, wanted, queues)
        statements = sql.GLANCE_AT if queues else sql.GLANCE, sql.CLAIM_IF_OPEN[bool(queues)]
        seen, claimed = self._rows_of_each(
            *statements, worker=worker, wanted=wanted, queues=list(queues), release=self.release
        )
        (due, wait, _, _, gate) = seen[0]
        return Look(due, wait), [as_claimed(row) for row in claimed] if gate == "open" else None

    def open_turn(
        self, worker: UUID, endings: Mapping[str, Sequence[Ending]], wanted: int, queues: Sequence[str]
    ) -> Opening | None:
        """Hold, end and claim, one after the other.

        Not in a libpq pipeline: with notifications coming in on the same connection its answers could be waited for in
        vain, until the lease was over.
        """
        self.connection.ensure_connection()
        with self.connection.wrap_database_errors:
            held = self._sent(sql.HOLD, worker=worker)
            ended = [
                self._sent(sql.ENDS[verb], worker=worker, **arrays(verb, group)) for verb, group in endings.items()
            ]
            if (row := held.fetchone()) is None:
                return None
            state, paused = row[:2]
            claims = wanted and state == Worker.State.RUNNING and not paused
            return Opening(
                state=state,
                paused=paused,
                ended=[((pk, epoch), status) for each in ended for pk, epoch, status in each],
                claimed=self.claim(worker, wanted, queues[:1] or None) if claims else [],
                asked=not paused,
            )

    def hold(self, worker: UUID) -> tuple[str, list[str]] | None:
        rows = self._rows(sql.HOLD, worker=worker)
        return (rows[0][0], rows[0][1]) if rows else None

    def end(self, worker: UUID, verb: str, endings: Sequence[Ending]) -> Iterable[Ended]:
        rows = self._rows(sql.ENDS[verb], worker=worker, **arrays(verb, endings))
        return [((pk, epoch), status) for pk, epoch, status in rows]

    def due_queues(self, most: int) -> list[str]:
        return [queue for (queue,) in self._rows(sql.QUEUES, most=most)]

    def longest_due(self) -> tuple[str, float] | None:
        return waited(self._rows(sql.LONGEST_DUE))

    def claim(self, worker: UUID, wanted: int, queues: Sequence[str] | None) -> list[Claimed]:
        """Claim from the bookmark on, where there is one, and move it on when there may be more behind it."""
        mark, began = self.bookmarks.at(queues), clock.now()
        constants = {"worker": worker, "release": self.release, "wanted": wanted, "queues": list(queues or ())}
        place = mark._asdict() if mark else {}
        rows = [as_claimed(row) for row in self._rows(sql.CLAIM[bool(queues), bool(mark)], **constants, **place)]
        seconds = clock.now() - began
        if len(rows) == wanted:
            put = partial(self.bookmarks.put, queues, behind(rows, mark, seconds))
            transaction.on_commit(put, using=self.connection.alias)
        elif mark is None:
            self.bookmarks.keep(queues, seconds)
        return rows

    def choose(self, wanted: int, queues: Sequence[str] | None, aside: Collection[Any]) -> list[Any]:
        constants = {"wanted": wanted, "queues": list(queues or ()), "aside": list(aside)}
        return [key for (key,) in self._rows(sql.CHOOSE if queues is None else sql.CHOOSE_SOME, **constants)]

    def take(self, worker: UUID, keys: Sequence[Any]) -> list[Claimed]:
        return [as_claimed(row) for row in self._rows(sql.TAKE, worker=worker, release=self.release, ids=list(keys))]

    def needs(self, worker: UUID) -> Needs:
        promote, reap, sweep, act, state = self._rows(sql.NEEDS, worker=worker)[0]
        return Needs(promote, reap, sweep, act, state or "")

    def promote(self, limit: int) -> int:
        return len(self._rows(sql.PROMOTE, wanted=limit))

    def _names(self, queues: Sequence[str]) -> list[str]:
        return list(queues)

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
    return {name: [row[name] for row in rows] for name in sql.VALUES[verb]}


def as_claimed(row: tuple[Any, ...]) -> Claimed:
    pk, epoch, attempt, attempts, task, args, positional, *rest = row
    return Claimed(pk, epoch, attempt, attempts, task, args or "", positional or "", *rest)
