from __future__ import annotations

from django.utils.module_loading import import_string

from django_simple_queue.engine.store.database import Database
from django_simple_queue.engine.store.lease import connection

VENDORS = {
    "sqlite": "django_simple_queue.engine.store.sqlite.SQLite",
    "postgresql": "django_simple_queue.engine.store.postgresql.PostgreSQL",
    "mysql": "django_simple_queue.engine.store.mysql.MySQL",
}


def opened() -> Database:
    """Return what speaks to the database of the tasks; a driver is imported only where it is in use."""
    database: type[Database] = import_string(VENDORS[connection().vendor])
    return database(connection())
