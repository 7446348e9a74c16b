from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.ports import free_port
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
            f"[pgbouncer]\nunix_socket_dir = {self.home}\nauth_type = any\n{self.listens()}"
        )

    def listens(self) -> str:
        return f"listen_port = {PORT}\npool_mode = transaction\ndefault_pool_size = 3\n"

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


class TlsDoor(PgBouncer):
    """The same PostgreSQL over TCP with TLS, a session for each connection: the bundled server has none itself."""

    def __init__(self, host: str, database: str) -> None:
        super().__init__(host, database)
        self.port = free_port()

    def url(self, database: str = "") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database or self.database}?sslmode=require"

    def initialise(self) -> None:
        super().initialise()
        if not shutil.which("openssl"):
            raise ServerMissing('openssl is missing: run "apt-get install --no-install-recommends openssl".')
        made = ("-keyout", self.home / "key", "-out", self.home / "certificate")
        self.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", *made)

    def listens(self) -> str:
        return (
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\npool_mode = session\n"
            "client_tls_sslmode = require\n"
            f"client_tls_key_file = {self.home}/key\nclient_tls_cert_file = {self.home}/certificate\n"
        )
