"""``manage.py demo`` as a user starts it: real processes on data of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.support.ports import free_port
from tests.support.source import ROOT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
WELCOME = re.compile(r"Open\s+(\S+)\s+User\s+(\S+)\s+Password\s+(\S+)")
PROGRESS, COMPLETED = 1, 2


class Demo:
    """A demo on a folder of its own, started by ``start``; whatever is left of it is killed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, **environment: str) -> tuple[str, str, str]:
        """The address, the user and the password that it prints."""
        self.launch(*options, **environment)
        return wait_until(self.welcome, 60, "the demo prints its welcome").groups()

    def launch(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        names = ("DATABASE_URL", "TEST_", "DJANGO_", "SECRET_KEY", "DATA_DIR")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *options]
        with self.output.open("wb") as output:
            self.running = subprocess.Popen(
                command,
                cwd=ROOT,
                env=clean | {"DATA_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.running

    def welcome(self) -> re.Match[str] | None:
        assert self.running is not None
        assert self.running.poll() is None, self.printed()
        return WELCOME.search(self.printed())

    def printed(self) -> str:
        return self.output.read_text()

    def tree(self) -> list[psutil.Process]:
        """Every process that the demo has started, by now."""
        assert self.running is not None
        return psutil.Process(self.running.pid).children(recursive=True)

    def worker(self) -> psutil.Process:
        living = [each for each in self.tree() if each.status() != psutil.STATUS_ZOMBIE]
        return next(each for each in living if "task_worker" in each.cmdline())

    def statuses(self) -> set[int]:
        with closing(sqlite3.connect(self.folder / "db.sqlite3")) as database:
            return {row[0] for row in database.execute("SELECT DISTINCT status FROM django_simple_queue_task")}

    def stop(self, number: int) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(60)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    if demo.running is not None and demo.running.poll() is None:
        left = demo.tree()
        demo.running.kill()
        for process in left:
            process.kill()
        demo.running.wait(10)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def test_it_shows_the_console_runs_tasks_and_stops_without_a_trace(demo):
    address, user, password = demo.start("--port", str(free_port()))
    assert sign_in(address, user, password) == (200, address)
    processes = demo.tree()
    assert len(processes) >= 4
    wait_until(lambda: PROGRESS in demo.statuses(), 30, "a task runs")
    demo.running.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping" in demo.printed(), 10, "the demo says that it stops")
    assert demo.stop(signal.SIGINT) == 0
    assert "Stopped." in demo.printed()
    assert gone(processes)
    assert PROGRESS not in demo.statuses()


def sign_in(address: str, user: str, password: str) -> tuple[int, str]:
    visitor = build_opener(HTTPCookieProcessor(CookieJar()))
    login = visitor.open(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', login.read().decode())[1]
    form = {"username": user, "password": password, "csrfmiddlewaretoken": token}
    console = visitor.open(login.url, urlencode(form).encode())
    return console.status, console.url


def test_the_password_is_kept_and_a_database_of_somebody_else_is_left_alone(demo):
    options = ("--no-history", "--still", "--port", str(free_port()))
    first = demo.start(*options)
    assert demo.stop(signal.SIGTERM) == 0
    assert demo.start(*options) == first
    assert demo.stop(signal.SIGTERM) == 0
    kept = demo.folder / "demo" / "password"
    assert kept.read_text() == first[2]
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(demo.folder / "db.sqlite3")) as database:
        database.execute("UPDATE auth_user SET username = 'olga'")
        database.commit()
    assert demo.launch().wait(60) == 1
    assert "has users of its own" in demo.printed()
    assert "Traceback" not in demo.printed()


def test_when_the_worker_dies_the_web_server_is_stopped_and_the_code_is_kept(demo):
    demo.start("--no-history", "--still", "--port", str(free_port()))
    processes = demo.tree()
    demo.worker().kill()
    assert demo.running.wait(60) == 128 + signal.SIGKILL
    assert demo.printed().splitlines()[-1] == (
        "The worker was killed (SIGKILL), so the web server was stopped too. Nothing is lost: run make demo again."
    )
    assert "INFO" in demo.printed()
    wait_until(lambda: gone(processes), 10, "nothing is left")


def test_a_killed_demo_leaves_nothing_behind(demo):
    demo.start("--no-history", "--still", "--port", str(free_port()))
    processes = demo.tree()
    demo.running.kill()
    demo.running.wait(10)
    wait_until(lambda: gone(processes), 40, "nothing is left")


def test_a_taken_port_is_said_and_another_one_is_found(demo):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert demo.launch("--port", str(taken)).wait(60) == 1
    assert f"Port {taken} is taken" in demo.printed()


@pytest.mark.parametrize("port", ["0", "70000", "web", "-1"])
def test_a_port_that_is_none_is_refused(demo, port):
    assert demo.launch(f"--port={port}").wait(60) == 2
    assert f"'{port}' is not a port" in demo.printed()


def test_a_database_that_does_not_answer_is_one_sentence(demo):
    url = "postgresql://nobody@127.0.0.1:9/none"
    assert demo.launch(DATABASE_URL=url).wait(60) == 1
    assert "The database does not answer, check DATABASE_URL" in demo.printed()
    assert "Traceback" not in demo.printed()


def test_help_says_what_it_does(demo):
    assert demo.launch("--help").wait(60) == 0
    assert {"--port", "--concurrency", "--no-history", "--still", "--show-logs"} <= set(demo.printed().split())
