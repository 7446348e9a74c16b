from __future__ import annotations

import gc
import stat

import psycopg
import pytest

from tests.support.mariadb import MariaServer
from tests.support.missing import cannot_run
from tests.support.postgres import PostgresCluster
from tests.support.servers import ServerMissing


@pytest.fixture(scope="module")
def cluster():
    try:
        with PostgresCluster(durable=True) as cluster:
            yield cluster
    except ServerMissing as missing:
        cannot_run(str(missing))


def test_committed_rows_survive_a_crash(cluster):
    address = cluster.create_database("ledger")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE entry AS SELECT 7 AS amount")
    cluster.restart("immediate")
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT amount FROM entry").fetchall() == [(7,)]


def test_nobody_reaches_it_over_the_network(cluster):
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert stat.S_IMODE(cluster.home.stat().st_mode) == 0o700


def test_nothing_is_left_of_it():
    with PostgresCluster() as cluster:
        home, process = cluster.home, cluster.process
    assert process.poll() is not None
    assert not home.exists()


def test_to_wait_for_a_server_leaves_no_socket_open():
    """Each would be told of at the end of a test run; here a socket that is collected open fails the test."""
    server = MariaServer()
    try:
        assert not server.answers()
        gc.collect()
    finally:
        server.close()
