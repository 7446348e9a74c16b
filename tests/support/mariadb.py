from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql

from tests.support.servers import Server, ServerMissing

MISSING = 'MariaDB is missing: run "apt-get install --no-install-recommends mariadb-server".'
QUICK = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-binlog=0"]


class MariaServer(Server):
    """A throw-away MariaDB from Debian's package; `stop` and `restart` take fast or immediate."""

    stop_signals = {"fast": signal.SIGTERM, "immediate": signal.SIGKILL}

    def url(self, database: str = "") -> str:
        return f"mysql://root@{quote(str(self.socket), safe='')}/{database or 'mysql'}"

    def initialise(self) -> None:
        install = shutil.which("mariadb-install-db")
        if not install or not self.program:
            raise ServerMissing(MISSING)
        data = ("--no-defaults", f"--datadir={self.home / 'data'}", "--auth-root-authentication-method=normal")
        self.run(install, *data, "--skip-test-db")

    def command(self) -> list[Any]:
        places = [f"--datadir={self.home / 'data'}", f"--socket={self.socket}", f"--pid-file={self.home / 'pid'}"]
        return [self.program, "--no-defaults", "--skip-networking", "--character-set-server=utf8mb4", *places, *QUICK]

    def answers(self) -> bool:
        """PyMySQL leaves a socket open that found nobody, so it is asked only once somebody listens."""
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)):
                return False
        try:
            pymysql.connect(unix_socket=str(self.socket), user="root", connect_timeout=5).close()
        except pymysql.OperationalError:
            return False
        return True

    @property
    def program(self) -> str | None:
        return shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

    @property
    def socket(self) -> Path:
        return self.home / "socket"
