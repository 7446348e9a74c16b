"""A table as after months of work: ended tasks of twenty kinds, some failures, and tasks planned for the future."""

from __future__ import annotations

from django.db import connection

from django_simple_queue.models import Task

ENDED, FUTURE = 1_000_000, 100_000
STEP = 50_000
TABLE = Task._meta.db_table
NUMBERS = (
    "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {last}) "
    "SELECT {values} FROM numbers"
)
FAILED = "n % 50 = 0"
STATUS = f"CASE WHEN {FAILED} THEN 3 WHEN n % 200 = 7 THEN 4 ELSE 2 END"
PATH = "'benchmarks.past.task_' || (n % 20)"
ARGS = "'{\"order_id\": ' || n || ', \"customer\": \"customer-' || (n % 1000) || '@example.com\"}'"
ERROR = (
    "'Traceback (most recent call last):\n  File \"/srv/shop/billing.py\", line ' || (n % 400) || ', in charge\n"
    "shop.gateway.ConnectTimeout: timed out after ' || (n % 60) || ' s'"
)


class Dialect:
    """How the two databases spell an id like UUIDv7's, and moments around now."""

    def __init__(self) -> None:
        self.postgresql = connection.vendor == "postgresql"

    def ident(self) -> str:
        if self.postgresql:
            stamp = "LPAD(TO_HEX((1700000000000 + ({last} - n) * 1000)::bigint), 12, '0')"
            return f"({stamp} || '7' || SUBSTR(MD5(n::text), 1, 3) || '8' || SUBSTR(MD5(n::text), 4, 15))::uuid"
        return "printf('%012x7%03x8%015x', 1700000000000 + ({last} - n) * 1000, n % 4096, n)"

    def ago(self, seconds: str) -> str:
        if self.postgresql:
            return f"now() - ({seconds}) * interval '1 second'"
        return f"strftime('%Y-%m-%d %H:%M:%f', 'now', (-({seconds})) || ' seconds')"


def fill(ended: int = ENDED, future: int = FUTURE) -> None:
    """Insert the rows, gather statistics."""
    spell = Dialect()
    insert(0, ended, ended_values(spell))
    insert(ended, ended + future, future_values(spell))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if spell.postgresql else "ANALYZE")


def ended_values(spell: Dialect) -> dict[str, str]:
    moment = spell.ago("60 + n * 3")
    failed = f"CASE WHEN {FAILED} THEN {{}} ELSE '' END".format
    return shared(spell, moment) | {
        "status": STATUS,
        "due": "TRUE" if spell.postgresql else "1",
        "run_after": moment,
        "started": moment,
        "finished": spell.ago("59 + n * 3"),
        "attempt": "1",
        "epoch": "1",
        "output": "'done ' || n",
        "error": failed(ERROR),
        "error_class": failed("'shop.gateway.ConnectTimeout'"),
        "fingerprint": failed("'fingerprint' || (n % 17)"),
    }


def future_values(spell: Dialect) -> dict[str, str]:
    return shared(spell, spell.ago("60 + n * 3")) | {
        "status": "0",
        "due": "FALSE" if spell.postgresql else "0",
        "run_after": spell.ago("-3600 - n"),
        "error_class": "''",
        "fingerprint": "''",
    }


def shared(spell: Dialect, created: str) -> dict[str, str]:
    values = {"id": spell.ident(), "created": created, "modified": created, "task": PATH, "args": ARGS}
    return values | {"queue": "'queue-' || (n % 5)", "priority": "0", "max_attempts": "1"}


def insert(first: int, last: int, values: dict[str, str]) -> None:
    for begin in range(first, last, STEP):
        numbers = {"first": begin, "last": min(begin + STEP, last)}
        texts = [text.replace("{last}", str(ENDED + FUTURE)) for text in values.values()]
        select = NUMBERS.format(**numbers, values=", ".join(texts))
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE} ({', '.join(values)}) {select}")
