from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from django_simple_queue.models import Worker
from tests.engine.fleet import Fleet, Ledger
from tests.engine.sleeper import Sleeper
from tests.engine.storing import live_worker


@pytest.fixture
def fleet(transactional_db: None, tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path)
    try:
        yield fleet
    finally:
        fleet.end()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def sleeper() -> Iterator[Callable[..., Sleeper]]:
    sleepers: list[Sleeper] = []

    def asleep(*queues: str) -> Sleeper:
        sleepers.append(Sleeper(*queues))
        sleepers[-1].bell.hang()
        return sleepers[-1]

    yield asleep
    for each in sleepers:
        each.bell.down()
        each.selector.close()


@pytest.fixture
def worker(db: None) -> Worker:
    return live_worker()


@pytest.fixture
def reaper(db: None) -> Worker:
    """Another worker, which settles what the first one leaves."""
    return live_worker(host="web-2")
