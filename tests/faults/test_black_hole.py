"""The network swallows everything: the worker's runs are dead before its lease is over, and another worker goes on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.db import close_old_connections, connection

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import Boot, Fleet, Ledger, enqueue, is_alive, lease_is_over, wait_for_status
from tests.faults.chaos import all_ended, overlaps
from tests.faults.harm import PATH
from tests.support.proxy import BLOCK, Proxy, at_path
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(180)]
LEASE_SECONDS = 6
SOCKET = ".s.PGSQL.{PORT}"


class Behind(Protocol):
    """Something that stands before the database."""

    @property
    def settings(self) -> dict[str, str]: ...


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[Proxy]:
    settings = connection.settings_dict
    name = SOCKET.format(PORT=settings["PORT"] or 5432)
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        Path(folder).chmod(0o755)
        with Proxy(at_path(Path(folder, name)), Path(settings["HOST"], name)) as proxy:
            yield proxy


def through(proxy: Behind) -> dict[str, Any]:
    """The test's database as it is reached through the proxy."""
    return {"default": {**connection.settings_dict, **proxy.settings}}


def test_a_child_in_c_code_is_dead_before_the_lease_is_over(fleet: Fleet, ledger: Ledger, proxy: Proxy) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS, databases=through(proxy))
    task = create_task(PATH + "in_c_code", {"ledger": ledger.path})
    pids = [int(pid) for pid in ledger.wait_for("start")[0]]
    proxy.silent = True
    wait_until(lambda: not any(map(is_alive, pids)) or lease_is_over(boot), 30, "the child and its helper are dead")
    assert not lease_is_over(boot)
    fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)
    wait_for_status(task, Task.FAILED, LEASE_SECONDS + 20)
    leaves_once_it_is_answered(boot, proxy)


def test_what_it_held_runs_elsewhere_and_never_at_once(fleet: Fleet, ledger: Ledger, proxy: Proxy) -> None:
    cut_off = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS, databases=through(proxy))
    args = {"ledger": ledger.path, "name": "one", "seconds": 3 * LEASE_SECONDS}
    task = enqueue("recorded", args, max_attempts=2)
    ledger.wait_for("start")
    proxy.silent = True
    other = fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS)

    def tried_again() -> bool:
        close_old_connections()
        Task.objects.retrying().start_now()
        return len(ledger.words("start")) == 2

    wait_until(tried_again, 60, "the other worker starts it")
    wait_for_status(task, Task.COMPLETED, 60)
    assert overlaps(ledger.lines) == []
    assert ledger.count("end") == {"one": 1}
    assert other.process.poll() is None
    leaves_once_it_is_answered(cut_off, proxy)


def leaves_once_it_is_answered(boot: Boot, proxy: Proxy) -> None:
    """Until then it might have something to tell that nobody else knows."""
    assert boot.process.poll() is None
    proxy.silent = False
    assert boot.wait(LEASE_SECONDS + 10) == 1
    assert "leaving: The lease of worker" in boot.lines
    assert "Traceback" not in boot.lines


def swallow_everything(proxy: Proxy) -> None:
    proxy.silent = True


def refuse_slowly(proxy: Proxy) -> None:
    proxy.refuses_after = 0.3
    proxy.cut()


@pytest.mark.parametrize("name", ["recorded", "recorded_at_length"])
@pytest.mark.parametrize("fail", [swallow_everything, refuse_slowly])
def test_what_ended_in_an_outage_longer_than_the_lease_is_stored(
    fleet: Fleet, ledger: Ledger, proxy: Proxy, fail: Callable[[Proxy], None], name: str
) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3, databases=through(proxy))
    task = enqueue(name, {"ledger": ledger.path, "name": "one", "seconds": 1})
    ledger.wait_for("start")
    fail(proxy)
    ledger.wait_for("end")
    over = time.monotonic() + 5
    wait_until(lambda: lease_is_over(boot) and time.monotonic() > over, 10, "the alarm has rung again and again")
    proxy.silent, proxy.refuses_after = False, None
    assert boot.wait(20) == 1
    row = Task.objects.get(pk=task)
    assert (row.status, (row.output or "").strip()) == (Task.COMPLETED, "one"), (row.error, boot.lines)
    assert "leaving: The lease of worker" in boot.lines


def test_a_link_that_comes_back_in_time_costs_nothing(fleet: Fleet, ledger: Ledger, proxy: Proxy) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=30, databases=through(proxy))
    task = enqueue("recorded", {"ledger": ledger.path, "name": "one", "seconds": 2})
    ledger.wait_for("start")
    proxy.silent = True
    ledger.wait_for("end")
    proxy.silent = False
    proxy.cut()
    assert wait_for_status(task, Task.COMPLETED).output == "one"
    boot.says("database answers again")
    assert boot.process.poll() is None


@pytest.mark.parametrize(("delay", "most"), [(0.25, BLOCK), (0.002, 16)], ids=["late", "in drops"])
def test_a_slow_link_loses_nothing_and_repeats_nothing(
    fleet: Fleet, ledger: Ledger, proxy: Proxy, delay: float, most: int
) -> None:
    boot = fleet.ready("--concurrency", "2", lease_seconds=30, databases=through(proxy))
    proxy.delay, proxy.most = delay, most
    names = [f"task-{number}" for number in range(8)]
    for name in names:
        enqueue("recorded", {"ledger": ledger.path, "name": name, "seconds": 0.1})
    wait_until(all_ended, 90, "all have ended")
    assert set(Task.objects.values_list("status", flat=True)) == {Task.COMPLETED}
    assert ledger.count("start") == ledger.count("end") == dict.fromkeys(names, 1)
    assert boot.process.poll() is None
