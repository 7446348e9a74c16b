"""A database that refuses what is done to some rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from django_simple_queue.models import Task

MARKED = 7
TABLE = Task._meta.db_table
ENDS = f"OLD.status = 1 AND NEW.status <> 1 AND OLD.priority = {MARKED}"
IS_CLAIMED = f"NEW.status = 1 AND OLD.priority = {MARKED}"
BEFORE = f"CREATE TRIGGER stubborn BEFORE UPDATE ON {TABLE} FOR EACH ROW"
GUARDED = {
    "sqlite": [f"{BEFORE} WHEN {{when}} BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END"],
    "mysql": [f"{BEFORE} IF {{when}} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by a trigger'; END IF"],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'refused by a trigger'; END $$",
        f"{BEFORE} WHEN ({{when}}) EXECUTE FUNCTION refuse()",
    ],
}


@contextmanager
def refusing(when: str = ENDS) -> Iterator[None]:
    """The database takes no such change of a task of priority MARKED."""
    execute(*(statement.format(when=when) for statement in GUARDED[connection.vendor]))
    try:
        yield
    finally:
        execute(f"DROP TRIGGER stubborn {f'ON {TABLE}' if connection.vendor == 'postgresql' else ''}")


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
