"""What the system checks say of the database: its version, its clock, and a SQLite that would lock."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from django.db import connection

from django_simple_queue import checks
from django_simple_queue.checks import database
from tests.core.messages import ids

SUMMER_TIME, ZONE_ID = "Test/Summer", 4711


def sqlite_messages(tmp_path, options, name="queue.sqlite3"):
    return list(database.slow_sqlite(SqliteConnection(str(tmp_path / name), options)))


class SqliteConnection:
    """What the check reads of a connection: its settings, without opening it."""

    alias = "default"

    def __init__(self, name, options):
        self.settings_dict = {"NAME": name, "OPTIONS": options}

    def is_in_memory_db(self):
        return ":memory:" in self.settings_dict["NAME"]


WAL = {"init_command": "PRAGMA journal_mode = wal;"}
IMMEDIATE = {"transaction_mode": "immediate"}
PATIENT = {"timeout": 20}


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, ["WAL", "IMMEDIATE transactions", "a timeout of at least 10 seconds"]),
        (WAL | IMMEDIATE, ["a timeout of at least 10 seconds"]),
        (WAL | PATIENT, ["IMMEDIATE transactions"]),
        (IMMEDIATE | PATIENT, ["WAL"]),
    ],
)
def test_sqlite_that_would_lock_is_a_warning_with_the_options_to_paste(tmp_path, options, missing):
    (message,) = sqlite_messages(tmp_path, options)
    assert message.id == "django_simple_queue.W004"
    assert f"without {' and '.join(missing)}:" in message.msg
    assert '"transaction_mode": "IMMEDIATE"' in message.hint
    pasted = eval("{" + message.hint.partition("write\n")[2] + "}")["OPTIONS"]
    assert sqlite_messages(tmp_path, pasted) == []


def test_a_file_that_is_in_wal_already_needs_no_command(tmp_path):
    with sqlite3.connect(tmp_path / "queue.sqlite3") as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("CREATE TABLE one (id)")
    file.close()
    assert sqlite_messages(tmp_path, IMMEDIATE | PATIENT) == []


def test_a_database_in_memory_is_not_blamed(tmp_path):
    assert list(database.slow_sqlite(SqliteConnection(":memory:", {}))) == []


def test_the_database_of_these_tests_is_fine_and_is_not_asked(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert checks.check_database() == []
        assert checks.check_database_version(databases=[]) == []
        checks.check_settings()


def test_the_database_of_these_tests_is_fine_when_asked(db):
    assert checks.check_database_version(databases=["default"]) == []


class Scattering:
    """A router that keeps what has failed elsewhere."""

    def db_for_write(self, model, **hints):
        return "elsewhere" if model.__name__ in ("Attempt", "OperatorAction") else None


def test_tables_in_several_databases_are_an_error_that_names_them(settings):
    settings.DATABASE_ROUTERS = [Scattering()]
    (message,) = checks.check_database()
    assert message.id == "django_simple_queue.E008"
    assert "Task in 'default', Attempt in 'elsewhere', OperatorAction in 'elsewhere'." in message.msg
    assert "'django_simple_queue'" in message.hint


class OtherConnection:
    alias = "default"

    def __init__(self, vendor, **facts):
        self.vendor = vendor
        self.__dict__.update(facts)


@pytest.fixture
def connected_to(monkeypatch):
    def connect(other):
        monkeypatch.setattr(database, "connections", {"default": other})

    return connect


def test_an_unknown_kind_of_database_is_an_error(connected_to):
    connected_to(OtherConnection("oracle"))
    assert ids(checks.check_database) == ["E004"]


@pytest.mark.parametrize(("driver", "expected"), [("psycopg2", ["E007"]), ("psycopg", [])])
def test_postgresql_through_psycopg2_is_an_error_that_says_what_to_install(connected_to, driver, expected):
    connected_to(OtherConnection("postgresql", Database=ModuleType(driver)))
    assert ids(checks.check_database) == expected
    for message in checks.check_database():
        assert message.msg == f"Django speaks to database 'default' through {driver}, and tasks need psycopg 3."
        assert 'pip install "psycopg[binary]' in message.hint


def test_an_old_sqlite_is_an_error():
    class Database:
        sqlite_version_info = (3, 34, 1)

    (message,) = database.sqlite_too_old(OtherConnection("sqlite", Database=Database))
    assert (message.id, message.msg) == ("django_simple_queue.E005", "SQLite is 3.34.1, too old for tasks.")


@pytest.mark.parametrize(
    ("mariadb", "version", "expected"),
    [(True, (10, 7, 1), ["E005"]), (True, (10, 11, 2), []), (False, (5, 7, 44), ["E005"]), (False, (8, 0, 11), [])],
)
def test_an_old_mysql_or_mariadb_is_an_error(mariadb, version, expected):
    other = OtherConnection("mysql", mysql_is_mariadb=mariadb, mysql_version=version)
    assert [message.id.rpartition(".")[2] for message in database.mysql_too_old(other)] == expected


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ((0, 0), "+0 hours from UTC"),
        ((-3.5, -3.5), "-3.5 hours from UTC"),
        ((0, 1), "+0 hours from UTC in January and +1 in July"),
    ],
)
def test_the_two_seasons_are_told_where_they_differ(hours, words):
    assert database.from_utc([timedelta(hours=each) for each in hours]) == words


@pytest.fixture
def zone_with_summer_time(db):
    """One that is UTC in winter, as a server knows it whose tables of time zones are filled."""
    year = datetime.now(UTC).year
    changes = [
        (datetime(each, month, 1, tzinfo=UTC), month == 4) for each in range(year, year + 2) for month in (1, 4, 10)
    ]
    rows = ", ".join(f"({ZONE_ID}, {int(moment.timestamp())}, {int(is_summer)})" for moment, is_summer in changes)
    with connection.cursor() as cursor:
        cursor.execute(f"REPLACE INTO mysql.time_zone VALUES ({ZONE_ID}, 'N')")
        cursor.execute(f"REPLACE INTO mysql.time_zone_name VALUES ('{SUMMER_TIME}', {ZONE_ID})")
        cursor.execute(f"REPLACE INTO mysql.time_zone_transition VALUES {rows}")
        types = f"({ZONE_ID}, 0, 0, 0, 'WT'), ({ZONE_ID}, 1, 3600, 1, 'ST')"
        cursor.execute(f"REPLACE INTO mysql.time_zone_transition_type VALUES {types}")


@pytest.mark.mariadb
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "expected"), [("+00:00", []), ("+02:00", ["E006"]), ("-03:30", ["E006"]), (SUMMER_TIME, ["E006"])]
)
@pytest.mark.usefixtures("zone_with_summer_time")
def test_a_server_whose_now_is_not_django_s_is_an_error_of_a_check_that_may_ask(zone, expected):
    with connection.cursor() as cursor:
        cursor.execute("SET @before = @@session.time_zone, SESSION time_zone = %s", [zone])
        try:
            assert ids(checks.check_database_version, databases=["default"]) == expected
            assert ids(checks.check_database_version, databases=[]) == []
            assert ids(checks.check_database_version) == []
        finally:
            cursor.execute("SET SESSION time_zone = @before")
