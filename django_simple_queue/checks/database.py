"""Checks of the database that holds the tasks, read from the settings; only a tagged check may ask the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections, router
from django.utils import timezone

from django_simple_queue.checks.settings import APP
from django_simple_queue.models.primary import alias

SHORT_TIMEOUT = 10
SQLITE_NEEDED = (3, 35)
MARIADB_NEEDED = (10, 8)
MYSQL_NEEDED = (8, 0, 1)
SQLITE_OPTIONS = """"OPTIONS": {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}"""
Found = Iterator[CheckMessage]


@register(APP)
def check_database(**kwargs: object) -> list[CheckMessage]:
    """Report, without asking it anything, a database on which the queue would fail or be slow."""
    connection = connections[alias()]
    of_kind = {"sqlite": (sqlite_too_old, slow_sqlite), "postgresql": (old_driver,), "mysql": ()}
    found = of_kind.get(connection.vendor, (unsupported,))
    return [message for look in (scattered, *found) for message in look(connection)]


@register(Tags.database, APP)
def check_database_version(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Report a MySQL or MariaDB that is too old or lives in another time zone; it is asked."""
    connection = connections[alias()]
    if alias() not in (databases or ()) or connection.vendor != "mysql":
        return []
    return [*mysql_too_old(connection), *mysql_elsewhere(connection)]


def scattered(connection: Any) -> Found:
    """A change and its record, a task and its attempts are one transaction, and are joined."""
    places = {model.__name__: router.db_for_write(model) for model in apps.get_app_config(APP).get_models()}
    apart = [f"{name} in {place!r}" for name, place in places.items() if place != connection.alias]
    if apart:
        yield Error(
            f"The tables of the queue are in several databases: Task in {connection.alias!r}, {', '.join(apart)}.",
            hint=f"Let your router answer alike for all models whose _meta.app_label is {APP!r}.",
            id=f"{APP}.E008",
        )


def unsupported(connection: Any) -> Found:
    yield Error(
        f"The tasks are in database {connection.alias!r}, of the kind {connection.vendor!r}, which is not supported.",
        hint="Use PostgreSQL, SQLite, MariaDB or MySQL; a database router can send the queue alone there.",
        id=f"{APP}.E004",
    )


def sqlite_too_old(connection: Any) -> Found:
    version = connection.Database.sqlite_version_info
    if version < SQLITE_NEEDED:
        yield too_old("SQLite", version, SQLITE_NEEDED)


def old_driver(connection: Any) -> Found:
    """Where both are installed Django, too, takes psycopg 3; ``Database`` is what it has taken."""
    if (name := connection.Database.__name__) != "psycopg":
        yield Error(
            f"Django speaks to database {connection.alias!r} through {name}, and tasks need psycopg 3.",
            hint='Install it: pip install "psycopg[binary]>=3.2"; Django then takes it by itself.',
            id=f"{APP}.E007",
        )


def slow_sqlite(connection: Any) -> Found:
    """Warn unless writers wait for one another and readers for nobody; a database in memory has no other process."""
    missing = [] if connection.is_in_memory_db() else missing_options(connection.settings_dict)
    if missing:
        yield Warning(
            f"SQLite database {connection.alias!r} is opened without {' and '.join(missing)}: "
            'with several processes at work "database is locked" is bound to come.',
            hint=f"In DATABASES[{connection.alias!r}] write\n{SQLITE_OPTIONS}",
            id=f"{APP}.W004",
        )


def missing_options(database: dict[str, Any]) -> list[str]:
    options = database.get("OPTIONS", {})
    given = {
        "WAL": is_wal(database["NAME"], options),
        "IMMEDIATE transactions": str(options.get("transaction_mode", "")).upper() in ("IMMEDIATE", "EXCLUSIVE"),
        f"a timeout of at least {SHORT_TIMEOUT} seconds": options.get("timeout", 5) >= SHORT_TIMEOUT,
    }
    return [name for name, present in given.items() if not present]


def is_wal(name: object, options: dict[str, Any]) -> bool:
    command = str(options.get("init_command", "")).lower().replace(" ", "").replace("'", "")
    return "journal_mode=wal" in command or has_wal_header(Path(str(name)))


def has_wal_header(path: Path) -> bool:
    """Tell whether the file says so itself (bytes 18 and 19, "Database File Format" of sqlite.org, section 1.3.3)."""
    try:
        with path.open("rb") as file:
            return file.read(20)[18:] == b"\x02\x02"
    except OSError:
        return False


def mysql_too_old(connection: Any) -> Found:
    kind, needed = ("MariaDB", MARIADB_NEEDED) if connection.mysql_is_mariadb else ("MySQL", MYSQL_NEEDED)
    if connection.mysql_version < needed:
        yield too_old(kind, connection.mysql_version, needed)


def mysql_elsewhere(connection: Any) -> Found:
    """Django writes its times in the zone of the connection (UTC), and the server must say "now" in the same."""
    year = timezone.now().year
    seasons = [datetime(year, month, 1, tzinfo=UTC) for month in (1, 7)]
    with connection.cursor() as cursor:
        moments = [int(each.timestamp()) for each in seasons]
        cursor.execute("SELECT FROM_UNIXTIME(%s), FROM_UNIXTIME(%s), @@session.time_zone", moments)
        *theirs, zone = cursor.fetchone()
    ours = connection.timezone or timezone.get_default_timezone()
    found = [said.replace(tzinfo=UTC) - moment for said, moment in zip(theirs, seasons, strict=True)]
    wanted = [moment.astimezone(ours).utcoffset() or timedelta() for moment in seasons]
    if found != wanted:
        yield Error(
            f"Database {connection.alias!r} has the time zone {zone!r}, {from_utc(found)}, "
            f"but Django writes times that are {from_utc(wanted)}: "
            "leases, delays and pauses would end at the wrong time.",
            hint=f'In DATABASES[{connection.alias!r}]["OPTIONS"] write "init_command": "SET time_zone = \'+00:00\'".',
            id=f"{APP}.E006",
        )


def from_utc(seasons: Sequence[timedelta]) -> str:
    january, july = (f"{each / timedelta(hours=1):+g}" for each in seasons)
    return f"{january} hours from UTC" + (f" in January and {july} in July" if january != july else "")


def too_old(kind: str, version: tuple[int, ...], needed: tuple[int, ...]) -> CheckMessage:
    found, least = (".".join(map(str, parts)) for parts in (version, needed))
    return Error(f"{kind} is {found}, too old for tasks.", hint=f"Use {kind} {least} or newer.", id=f"{APP}.E005")
