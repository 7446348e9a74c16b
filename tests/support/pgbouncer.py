from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.servers import Server, ServerMissing

MISSING = 'PgBouncer is missing: run "apt-get install --no-install-recommends pgbouncer".'
PORT = 6432


class PgBouncer(Server):
    """A pooler in transaction mode before the PostgreSQL whose socket is in `host`: each transaction may get another
    session."""

    stop_signals = {"fast": signal.SIGINT, "immediate": signal.SIGKILL}

    def __init__(self, host: str, database: str) -> None:
        super().__init__()
        self.host, self.database = host, database

    def url(self, database: str = "") -> str:
        return f"postgresql://postgres@{quote(str(self.home), safe='')}:{PORT}/{database or self.database}"

    def initialise(self) -> None:
        if not self.program:
            raise ServerMissing(MISSING)
        self.settings.write_text(
            f"[databases]\n* = host={self.host} user=postgres\n"
            f"[pgbouncer]\nunix_socket_dir = {self.home}\nlisten_port = {PORT}\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n"
        )

    def command(self) -> list[Any]:
        return [self.program, self.settings]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def settings(self) -> Path:
        return self.home / "pgbouncer.ini"

    @property
    def program(self) -> str | None:
        return shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
