from __future__ import annotations

import os

import pytest
from django.db import connection

from tests.support import databases
from tests.support.postgres import PostgresCluster

pytest_plugins = ["tests.support.browser"]
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def pytest_configure(config: pytest.Config) -> None:
    if databases.missing and REQUIRE_ALL:
        raise pytest.UsageError(databases.missing)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_other_databases(config, items)
    if databases.missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=databases.missing))


def leave_out_other_databases(config: pytest.Config, items: list[pytest.Item]) -> None:
    others = {"postgres", "sqlite"} - {vendor()}
    left_out = [item for item in items if any(item.get_closest_marker(other) for other in others)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def vendor() -> str:
    return "postgres" if connection.vendor == "postgresql" else connection.vendor


@pytest.fixture(scope="session")
def postgres_cluster() -> PostgresCluster:
    """The server behind the test database, to stop and restart; only for tests marked `postgres`."""
    assert databases.cluster, "Mark the test with pytest.mark.postgres and run it with TEST_DB=postgres."
    return databases.cluster
