"""The database of a test run: TEST_DB=sqlite (default), postgres or mariadb, or any address in TEST_DATABASE_URL."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboard.project.settings import database
from tests.support.servers import Server, ServerMissing

missing: str | None = None
server: Server | None = None


def chosen_database() -> dict[str, Any]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return at(url)
    kinds = {"sqlite": sqlite_database, "postgres": postgres_database, "mariadb": mariadb_database}
    kind = os.environ.get("TEST_DB", "sqlite")
    if kind not in kinds:
        raise ValueError(f"TEST_DB={kind!r} is not known: use one of {', '.join(kinds)}.")
    return kinds[kind]()


def at(url: str) -> dict[str, Any]:
    if url.startswith("mysql:"):
        import pymysql

        pymysql.install_as_MySQLdb()
    return database(url) | {"CONN_MAX_AGE": 0}


def sqlite_database() -> dict[str, Any]:
    """A file, not memory: the workers of a test are processes of their own."""
    directory = Path(tempfile.mkdtemp(prefix="simple-queue-tests-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return database(f"sqlite:///{directory}/project.sqlite3") | {"TEST": {"NAME": str(directory / "test.sqlite3")}}


def postgres_database() -> dict[str, Any]:
    from tests.support.postgres import PostgresCluster

    return served_by(PostgresCluster())


def mariadb_database() -> dict[str, Any]:
    from tests.support.mariadb import MariaServer

    return served_by(MariaServer())


def served_by(candidate: Server) -> dict[str, Any]:
    """The database of a server that lives as long as this process; SQLite, and a note in `missing`, without one."""
    global server, missing
    try:
        server = candidate.start()
    except ServerMissing as error:
        missing = str(error)
        return sqlite_database()
    atexit.register(server.close)
    return at(server.url())


def address(settings: dict[str, Any]) -> str:
    """The address under which another process reaches the database of a Django connection's `settings_dict`."""
    if settings["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{settings['NAME']}"
    scheme = settings["ENGINE"].rpartition(".")[2]
    login = quote(settings["USER"], safe="")
    password = f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"{scheme}://{login}{password}@{quote(settings['HOST'], safe='')}{port}/{settings['NAME']}"
