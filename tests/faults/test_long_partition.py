"""The network between a worker and its database is down: no packet arrives, and nothing tells either side of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.engine.fleet import Fleet, Ledger, enqueue, wait_for_status
from tests.faults.test_black_hole import (
    SOCKET,
    test_a_child_in_c_code_is_dead_before_the_lease_is_over,
    test_what_it_held_runs_elsewhere_and_never_at_once,
    through,
)
from tests.support.missing import cannot_run
from tests.support.processes import ROOT

__all__ = [
    "test_a_child_in_c_code_is_dead_before_the_lease_is_over",
    "test_what_it_held_runs_elsewhere_and_never_at_once",
]
pytestmark = [pytest.mark.postgres, pytest.mark.soak, pytest.mark.timeout(300)]
SPACE, NEAR_END, FAR_END = "queue-far", "queue-near0", "queue-far0"
NEAR, FAR, PORT = "10.213.77.1", "10.213.77.2", "5433"


@dataclass
class Cable:
    """A network link of its own; the database answers at its far end."""

    is_down: bool = False

    @property
    def settings(self) -> dict[str, str]:
        return {"HOST": FAR, "PORT": PORT}

    @property
    def silent(self) -> bool:
        return self.is_down

    @silent.setter
    def silent(self, down: bool) -> None:
        self.is_down = down
        ip("-n", SPACE, "link", "set", FAR_END, "down" if down else "up")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[Cable]:
    """In the place of the proxy in the tests of black holes."""
    if subprocess.run(["ip", "netns", "add", SPACE], capture_output=True).returncode:
        cannot_run("only root may make the network of this test")
    try:
        ip("link", "add", NEAR_END, "type", "veth", "peer", "name", FAR_END, "netns", SPACE)
        ip("addr", "add", f"{NEAR}/30", "dev", NEAR_END)
        ip("link", "set", NEAR_END, "up")
        ip("-n", SPACE, "addr", "add", f"{FAR}/30", "dev", FAR_END)
        ip("-n", SPACE, "link", "set", FAR_END, "up")
        with relay():
            yield Cable()
    finally:
        subprocess.run(["ip", "link", "del", NEAR_END], check=False)
        ip("netns", "del", SPACE)


@contextmanager
def relay() -> Iterator[None]:
    """A process at the far end that passes on what comes there to the socket of the database."""
    settings = connection.settings_dict
    database = Path(settings["HOST"], SOCKET.format(PORT=settings["PORT"] or 5432))
    command = ["ip", "netns", "exec", SPACE, sys.executable, "-m", "tests.support.proxy", FAR, PORT, str(database)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def test_a_link_that_comes_back_in_time_goes_on_where_it_was(fleet: Fleet, ledger: Ledger, proxy: Cable) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=30, databases=through(proxy))
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 2})
    ledger.wait_for("start")
    proxy.silent = True
    ledger.wait_for("end")
    assert Task.objects.get(pk=task).status == Task.PROGRESS
    proxy.silent = False
    assert wait_for_status(task, Task.COMPLETED).output == "one"
    assert boot.process.poll() is None
