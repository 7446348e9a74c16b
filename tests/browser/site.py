"""A web process of the console that a test may stop, and a database that it may take away."""

from __future__ import annotations

import sqlite3
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.db import connection

from tests.support.ports import free_port
from tests.support.processes import environment, start_manage
from tests.support.waiting import wait_until


class Site:
    def __init__(self, home: Path, settings: dict[str, Any]) -> None:
        self.home, self.away, self.settings = home, home.with_name("away"), settings
        self.process: subprocess.Popen[str] | None = None
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"

    def open(self) -> Site:
        """Copy the test's database as it is now, and serve it."""
        self.home.mkdir()
        with sqlite3.connect(connection.settings_dict["NAME"]) as original, sqlite3.connect(self.database) as copy:
            original.backup(copy)
        original.close()
        copy.close()
        self.start()
        return self

    def start(self) -> None:
        env = environment(self.settings, **self.target())
        log = self.home.with_name("site.log").open("a")
        with log:
            self.process = start_manage("runserver", "--noreload", self.address, env=env, stdout=log, stderr=log)
        wait_until(self.answers, 30, f"{self.url} answers")

    def stop(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def take_database_away(self) -> None:
        self.home.rename(self.away)

    def bring_database_back(self) -> None:
        self.away.rename(self.home)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    @property
    def database(self) -> Path:
        return self.home / "site.sqlite3"

    def target(self) -> dict[str, str]:
        return {"TEST_DATABASE_URL": f"sqlite:///{self.database}"}

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/login/", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            return False
        return True


class Twin(Site):
    """A web process on the database of the test itself, not on a copy."""

    def open(self) -> Twin:
        self.home.mkdir(parents=True)
        self.start()
        return self

    def target(self) -> dict[str, str]:
        return {}
