from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.fleet import Fleet, Ledger
from tests.engine.sleeper import Sleeper


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
