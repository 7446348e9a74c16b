from __future__ import annotations

from functools import cache

from django.core.exceptions import ImproperlyConfigured

from django_simple_queue.engine.store.bookmarks import Bookmarks
from django_simple_queue.engine.store.database import Database
from django_simple_queue.engine.store.lease import connection


def opened(bookmarks: Bookmarks | None = None) -> Database:
    """Return what speaks to the database of the tasks; without ``bookmarks`` every claim begins at the front."""
    return driver(connection().vendor)(connection(), Bookmarks() if bookmarks is None else bookmarks)


def prepare() -> None:
    """Import what is needed of it now: a worker that has no file left to open must not need to import anything."""
    driver(connection().vendor)


@cache
def driver(vendor: str) -> type[Database]:
    """Imported late: each module needs its vendor's client library."""
    if vendor == "postgresql":
        from django_simple_queue.engine.store.postgresql import PostgreSQL

        return PostgreSQL
    if vendor == "mysql":
        from django_simple_queue.engine.store.mysql import MySQL

        return MySQL
    if vendor == "sqlite":
        from django_simple_queue.engine.store.sqlite import SQLite

        return SQLite
    raise ImproperlyConfigured(f"Tasks cannot be kept on {vendor!r}; use PostgreSQL, SQLite, MariaDB or MySQL.")
