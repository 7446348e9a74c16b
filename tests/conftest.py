from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter

import hypothesis
import pytest
from django.db import connection

from tests.support import databases
from tests.support.missing import REQUIRE_ALL
from tests.support.servers import Server

pytest_plugins = ["tests.support.browser"]
hypothesis.settings.register_profile("untimed", deadline=None, print_blob=True)
hypothesis.settings.load_profile("untimed")
VENDORS = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mariadb"}


def pytest_configure(config: pytest.Config) -> None:
    if databases.missing and REQUIRE_ALL:
        raise pytest.UsageError(databases.missing)
    # A shell that runs us in the background has them ignored, and our workers would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_other_databases(config, items)
    if "soak" not in config.option.markexpr:
        leave_out(config, items, [item for item in items if item.get_closest_marker("soak")])
    if databases.missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=databases.missing))
    longest_first(items)


def longest_first(items: list[pytest.Item]) -> None:
    """Files of slow tests, then those of many, so that side by side no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    count = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -count[item.path]))


def leave_out_other_databases(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = VENDORS[connection.vendor]
    leave_out(config, items, [item for item in items if here not in databases_of(item)])


def leave_out(config: pytest.Config, items: list[pytest.Item], left_out: list[pytest.Item]) -> None:
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def databases_of(item: pytest.Item) -> set[str]:
    """The databases that a test is marked for; no mark means every one, and SQLite locks no rows."""
    known = set(VENDORS.values())
    marked = {marker.name for marker in item.iter_markers()} & known or known
    return marked - {"sqlite"} if item.get_closest_marker("locks_rows") else marked


@pytest.fixture
def dead_pid() -> int:
    """The id of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture(scope="session")
def postgres_cluster() -> Server:
    """The server behind the test database, to stop and restart; only for tests marked `postgres`."""
    assert databases.server, "Mark the test with pytest.mark.postgres and run it with TEST_DB=postgres."
    return databases.server
